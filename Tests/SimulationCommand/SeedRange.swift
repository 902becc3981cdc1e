import Simulation
import Synchronization
import Threads

/// Seeds that several threads work off.
struct SeedRange {
  let first: UInt64
  let count: Int
  let threads: Int
  let bug: PlantedBug?

  /// Calls `body` with each seed, on a thread that has its own simulation.
  func run(_ body: @escaping @Sendable (Simulation, UInt64, inout Tally) -> Void) throws -> Tally {
    let shared = Shared()
    let workers = try (0..<min(threads, max(count, 1))).map { number in
      // Made here, so that what it throws is seen.
      _ = try Simulation(bug: bug)
      return try WorkerThread(name: "simulate \(number)") { [self] in
        guard let simulation = try? Simulation(bug: bug) else { return }
        var tally = Tally()
        while let seed = next(shared) { body(simulation, seed, &tally) }
        shared.tally.withLock { [tally] in $0.add(tally) }
      }
    }
    for worker in workers { worker.join() }
    return shared.tally.withLock { $0 }
  }

  private func next(_ shared: Shared) -> UInt64? {
    let index = shared.next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < count ? first + UInt64(index) : nil
  }

  private final class Shared: Sendable {
    let next = Atomic(0)
    let tally = Mutex(Tally())
  }
}
