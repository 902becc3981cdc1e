import Avro
import Dataflow
import Events
import Plan
import Project

/// Decoding and aggregating from memory on one core, against libavro's generic decoding of the same bytes.
public struct EngineBench {
  private let corpus: EventCorpus
  private let project: Project
  private let schemaJSON: String
  private let rounds: Int
  private static let batchSize = 10_000
  private static let passes = 1

  public init(project: Project, schemaJSON: String, events: Int, rounds: Int) throws {
    corpus = try EventCorpus(count: events, schemaJSON: schemaJSON)
    self.project = project
    self.schemaJSON = schemaJSON
    self.rounds = rounds
  }

  public func run() throws -> [Figure] {
    var ours: [Double] = []
    var libavro: [Double] = []
    let generic = try GenericReader(schemaJSON: schemaJSON)
    let engine = try Engine(project.stream, batchSize: EngineBench.batchSize)
    defer { engine.close() }
    // The first pass finds out what the dictionaries and tables will hold; a processor does so once, too.
    try engine.process(corpus)
    for _ in 0..<rounds {
      ours.append(try measure { try engine.process(corpus) })
      libavro.append(try measure { try generic.readAll(corpus) })
    }
    return [
      Figure(bench: "engine", unit: "events/s", ours: ours, limit: libavro, goal: .ratioAtLeast(8)),
      Figure(bench: "engine", unit: "events/s", ours: ours, goal: .atLeast(6e6)),
    ]
  }

  /// Events per CPU second of this thread, over `passes` passes.
  private func measure(_ pass: () throws -> Void) rethrows -> Double {
    let start = ProcessorTime.ofThisThread()
    for _ in 0..<EngineBench.passes { try pass() }
    return Double(corpus.count * EngineBench.passes) / (ProcessorTime.ofThisThread() - start).cpu
  }
}

/// The stages between source and sink, as the worker has them.
private final class Engine {
  /// A flush interval's worth of events at the pace that is aimed at.
  private static let eventsPerDrain = 300_000

  private let decoder: AvroDecoder
  private let batch: EventBatch
  private let windows: WindowOperator
  private let records: UnsafeMutableBufferPointer<Record>
  private var sinceDrain = 0

  init(_ stream: Stream, batchSize: Int) throws {
    decoder = try stream.makeDecoder()
    batch = EventBatch(specs: stream.plan.columns, capacity: batchSize)
    windows = WindowOperator(stream.plan, batch: batch, seed: 1)
    records = .allocate(capacity: batchSize)
    records.initialize(repeating: Record(payload: nil, payloadCount: 0, offset: 0))
  }

  func close() {
    records.deallocate()
  }

  /// One pass over the corpus; all of it must have been counted.
  func process(_ corpus: EventCorpus) throws {
    var counted = 0
    var start = 0
    while start < corpus.count {
      let slice = UnsafeMutableBufferPointer(rebasing: records[..<corpus.fill(records, from: start)])
      decoder.decode(slice, into: batch)
      let counts = windows.process(
        batch, runs: [PartitionRun(partition: 0, rows: 0..<slice.count)], now: .max / 4, watermark: nil)
      counted += counts[0].aggregates[0].aggregated
      start += slice.count
      sinceDrain += slice.count
      if sinceDrain >= Engine.eventsPerDrain {
        _ = windows.drain()
        sinceDrain = 0
      }
    }
    guard counted == corpus.count else { throw BenchmarkError.wrongAnswer("\(counted) of \(corpus.count) counted") }
  }
}
