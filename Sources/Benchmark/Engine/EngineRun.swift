import Dataflow
import Events
import Formats
import Plan
import Project

/// Decoding and aggregating a corpus from memory on this thread, as the worker does it between consumer and sink.
struct EngineRun {
  private let plan: StreamPlan
  private let makeDecoder: () throws -> RecordDecoder
  private static let batchSize = 10_000
  /// As many as a large backlog brings from flush to flush.
  private static let eventsPerDrain = 300_000

  init(_ plan: StreamPlan, makeDecoder: @escaping () throws -> RecordDecoder) {
    self.plan = plan
    self.makeDecoder = makeDecoder
  }

  /// Of events as the shipped stream has them, in Avro.
  init(_ stream: Stream) {
    self.init(stream.plan) { try stream.makeDecoder() }
  }

  /// Of events in JSON.
  init(json plan: StreamPlan) {
    self.init(plan) { try FlatEvent.makeDecoder(plan) }
  }

  /// One pass over the corpus.
  /// - Returns: CPU seconds per event.
  func secondsPerEvent(_ corpus: EventCorpus) throws -> Double {
    let operators = try makeOperators()
    // Records are written into the same buffer batch by batch, as a consumer does it.
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: EngineRun.batchSize)
    records.initialize(repeating: Record(payload: nil, payloadCount: 0, offset: 0))
    defer { records.deallocate() }
    var counted = 0
    var sinceDrain = 0
    let start = ProcessorTime.ofThisThread()
    for first in stride(from: 0, to: corpus.count, by: EngineRun.batchSize) {
      let slice = UnsafeMutableBufferPointer(rebasing: records[..<corpus.fill(records, from: first)])
      counted += operators.process(slice)
      sinceDrain += slice.count
      if sinceDrain >= EngineRun.eventsPerDrain {
        _ = operators.windows.drain()
        sinceDrain = 0
      }
    }
    _ = operators.windows.drain()
    let took = ProcessorTime.ofThisThread() - start
    try Interruption.check()
    guard counted == corpus.count else { throw BenchmarkError.wrongAnswer("\(counted) of \(corpus.count) counted") }
    return took.cpu / Double(corpus.count)
  }

  func makeOperators() throws -> Operators {
    Operators(plan, try makeDecoder())
  }

  /// A decoder and the windows behind it.
  struct Operators {
    let windows: WindowOperator
    private let decoder: RecordDecoder
    private let batch: EventBatch

    fileprivate init(_ plan: StreamPlan, _ decoder: RecordDecoder) {
      self.decoder = decoder
      batch = EventBatch(specs: plan.columns, capacity: EventBatch.sliceCapacity)
      windows = WindowOperator(plan, batch: batch, seed: 1)
    }

    /// - Returns: how many were aggregated.
    func process(_ records: UnsafeMutableBufferPointer<Record>) -> Int {
      let records = RecordBatch(records: records) {}
      var aggregated = 0
      for slice in batch.slices(of: records.records) {
        decoder.decode(records, slice, into: batch)
        let counts = windows.process(
          batch, runs: [PartitionRun(partition: 0, rows: 0..<slice.count)], now: .max / 4, watermark: nil)
        aggregated += counts[0].aggregates[0].aggregated
      }
      return aggregated
    }
  }
}
