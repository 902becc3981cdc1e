import Threads

/// Runs tasks on a fixed number of threads of its own, which live as long as the process.
final class ThreadExecutor: TaskExecutor {
  /// As many as wait at the same time; more would only be more Postgres sessions and brokers at once.
  static let shared = ThreadExecutor(threads: 12)

  private let jobs = Monitor<[UnownedJob]>([])

  private init(threads: Int) {
    for number in 0..<threads {
      // Without room for so many threads, there are fewer.
      _ = try? WorkerThread(name: "test \(number)") { self.run() }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.update { $0.append(job) }
  }

  private func run() {
    while let job = jobs.wait(until: { $0.isEmpty ? nil : $0.removeFirst() }) {
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
