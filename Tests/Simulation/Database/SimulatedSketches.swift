import Dataflow
import Events
import Plan

/// The sketches of a row: which values it has, and how many of each size. Their states merge exactly, in whatever portions
/// and order they come.
struct SimulatedSketches: Equatable {
  /// What the distinct values have left.
  private var coupons: Set<UInt16> = []
  /// How many values lie in each bucket of sizes.
  private var buckets: [UInt64: UInt64] = [:]

  /// Those of nothing.
  init() {}

  /// Those of a delta's row; nothing where the aggregate has none.
  init(_ delta: WindowDelta, _ row: Int) {
    guard delta.accumulators.count > 2 else { return }
    let (distinct, quantiles) = (delta.accumulators[2], delta.accumulators[3])
    // Up to 32 coupons of 16 bits; no row of a schedule has more.
    if !distinct.isNull(row) {
      distinct.withText(row) { bytes in
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
          coupons.insert(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
        }
      }
    }
    // A head for each 64 buckets, and behind it a word for each digit of their counts, as sql/schema says.
    if !quantiles.isNull(row) {
      quantiles.withText(row) { bytes in
        var words = String(decoding: bytes, as: UTF8.self).dropFirst().dropLast().split(separator: ",").compactMap {
          Int64($0)
        }[...]
        while let head = words.popFirst() {
          for digit in 0..<head & 63 {
            guard let word = words.popFirst() else { return }
            for place in 0..<64 where word >> Int64(place) & 1 == 1 {
              buckets[UInt64(head >> 6) << 6 | UInt64(place), default: 0] += 1 << UInt64(digit)
            }
          }
        }
      }
    }
  }

  mutating func merge(_ other: SimulatedSketches) {
    coupons.formUnion(other.coupons)
    buckets.merge(other.buckets, uniquingKeysWith: +)
  }

  /// Whether it may be what is left of the other when events are taken away.
  func isWithin(_ other: SimulatedSketches) -> Bool {
    coupons.isSubset(of: other.coupons) && buckets.allSatisfy { $0.value <= other.buckets[$0.key] ?? 0 }
  }

  // MARK: What the log has

  /// Adds a value as the definition of the sketches has it. Which coupons a value has is the hash's business: its state alone
  /// says so.
  mutating func add(_ value: Double) {
    coupons.formUnion(Self.ofOne[value]?.coupons ?? [])
    // 64 buckets between powers of two, above the code of zero.
    let bucket = value == 0 ? 0 : value.bitPattern >> 46
    buckets[1 << 17 + bucket, default: 0] += 1
  }

  /// The sketches of each value that an event may have, alone.
  private static let ofOne: [Double: SimulatedSketches] = {
    let plan = SimulatedStream.all[0].plan
    let batch = EventBatch(specs: plan.columns, capacity: 1)
    let windows = WindowOperator(plan, batch: batch, seed: 1)
    var found: [Double: SimulatedSketches] = [:]
    for value in SimulatedEvent.values.map(Double.init) {
      batch.reset(count: 1)
      for column in batch.columns { column.validity[0] = 1 }
      batch.columns[0].integers[0] = World.start
      batch.columns[1].integers[0] = 0
      batch.columns[2].doubles[0] = value
      _ = windows.process(
        batch, runs: [PartitionRun(partition: 0, rows: 0..<1)], now: World.start, watermark: nil)
      for delta in windows.drain() where delta.aggregate == SimulatedStream.revising {
        found[value] = SimulatedSketches(delta, 0)
      }
    }
    return found
  }()
}
