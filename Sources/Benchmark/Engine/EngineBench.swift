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
    _ = try measureEngine()
    for _ in 0..<rounds {
      ours.append(try measureEngine())
      libavro.append(try measure { try generic.readAll(corpus) })
    }
    return [
      Figure(bench: "engine", unit: "events/s", ours: ours, limit: libavro, goal: .ratioAtLeast(8)),
      Figure(bench: "engine", unit: "events/s", ours: ours, goal: .atLeast(6e6)),
    ]
  }

  private func measure(_ body: () throws -> Void) rethrows -> Double {
    let start = ProcessorTime.ofThisThread()
    try body()
    return Double(corpus.count) / (ProcessorTime.ofThisThread() - start).cpu
  }

  /// One pass: decode, aggregate, and drain as a flush would, every 50 ms of the pace that is aimed at.
  private func measureEngine() throws -> Double {
    let plan = project.stream.plan
    let decoder = try project.stream.makeDecoder()
    let batch = EventBatch(specs: plan.columns, capacity: EngineBench.batchSize)
    let windows = WindowOperator(plan, batch: batch, seed: 1)
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: EngineBench.batchSize)
    records.initialize(repeating: Record(payload: nil, payloadCount: 0, offset: 0))
    defer { records.deallocate() }
    var counted = 0
    let speed = measure {
      var start = 0
      var sinceDrain = 0
      while start < corpus.count {
        let slice = UnsafeMutableBufferPointer(rebasing: records[..<corpus.fill(records, from: start)])
        decoder.decode(slice, into: batch)
        let counts = windows.process(
          batch, runs: [PartitionRun(partition: 0, rows: 0..<slice.count)], now: .max / 4, watermark: nil)
        counted += counts[0].aggregates[0].aggregated
        sinceDrain += slice.count
        if sinceDrain >= 300_000 {
          _ = windows.drain()
          sinceDrain = 0
        }
        start += slice.count
      }
      _ = windows.drain()
    }
    guard counted == corpus.count else { throw BenchmarkError.wrongAnswer("\(counted) of \(corpus.count) counted") }
    return speed
  }
}
