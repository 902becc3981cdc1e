import Events
import Tracing

/// A worker's cycles as traces: from the first batch after a flush until the transaction with what came of it is over.
///
/// Whether a cycle is recorded is decided when it begins; of one that is not, nothing is kept and no header is read. Times
/// are wall clock microseconds.
struct WorkerTrace {
  /// What is done by turns with each batch: a span of its own from the first time to the last, with the time in it.
  enum Stage: Int, CaseIterable {
    case fetch, decode, aggregate
  }

  /// Links that lead from a commit to those who sent its records.
  static let maximumLinks = 32
  /// Records of a cycle whose headers are read.
  static let maximumHeads = 512
  /// Partitions whose offsets a span says.
  static let maximumPartitions = 64

  private struct Work {
    var first: Int64
    var last: Int64
    var busy: Int64 = 0
  }

  private struct Cycle {
    var context: TraceContext
    var start: Int64
    var work = [Work?](repeating: nil, count: Stage.allCases.count)
    var records = 0
    var heads = 0
    var links: [TraceContext] = []
    var droppedLinks = 0
  }

  private let tracer: Tracer
  private let stream: String
  private let topic: String
  private let group: String
  private let database: String?
  private var began: Int64 = 0
  /// nil: none has begun, or it is not recorded.
  private var open: Cycle?
  private var hasBegun = false
  private var committing: (cycle: Cycle, since: Int64, attributes: [SpanAttribute], rows: Int)?

  /// - Parameter database: what it is called; nil: as the user is.
  init(_ tracer: Tracer, stream: String, topic: String, group: String, database: String?) {
    self.tracer = tracer
    self.stream = stream
    self.topic = topic
    self.group = group
    self.database = database
  }

  // MARK: A cycle

  mutating func begin(_ stage: Stage, at now: Int64) {
    began = now
  }

  mutating func end(_ stage: Stage, at now: Int64) {
    guard open != nil else { return }
    var work = open?.work[stage.rawValue] ?? Work(first: began, last: began)
    work.last = max(work.last, now)
    work.busy += max(0, now - began)
    open?.work[stage.rawValue] = work
  }

  /// Records have come; the first ones begin a cycle.
  mutating func fetched(_ count: Int, at now: Int64) {
    if !hasBegun {
      hasBegun = true
      let context = tracer.begin()
      if context.isSampled { open = Cycle(context: context, start: began) }
    }
    end(.fetch, at: now)
    open?.records += count
  }

  /// Remembers the spans in which records were sent.
  mutating func link(_ records: borrowing RecordBatch) {
    guard var cycle = open else { return }
    for record in records.records.prefix(Self.maximumHeads - cycle.heads) {
      cycle.heads += 1
      guard let value = records.headers(of: record).last(where: { $0.name == TraceContext.header })?.value,
        let context = TraceContext(bytes: value), !cycle.links.contains(context)
      else { continue }
      if cycle.links.count < Self.maximumLinks {
        cycle.links.append(context)
      } else {
        cycle.droppedLinks += 1
      }
    }
    open = cycle
  }

  /// What has been read is about to be committed.
  mutating func sealed(_ checkpoint: Checkpoint, at now: Int64) {
    hasBegun = false
    guard let cycle = open else { return }
    open = nil
    committing = (
      cycle, now, attributes(of: checkpoint, cycle), checkpoint.deltas.reduce(0) { $0 + $1.rowCount }
    )
  }

  /// The transaction is over. Returns the trace's identity; nil: it is not recorded.
  @discardableResult
  mutating func finished(at now: Int64, failure: String? = nil) -> String? {
    guard let (cycle, since, attributes, rows) = committing else { return nil }
    committing = nil
    let context = cycle.context
    for stage in Stage.allCases {
      guard let work = cycle.work[stage.rawValue] else { continue }
      tracer.end(
        Span(
          stage.name(topic), .internal, tracer.child(of: context), parent: context.spanID, start: work.first,
          end: work.last,
          attributes: stage.attributes(topic, cycle.records) + [
            .init(.busySeconds, Double(work.busy) / 1_000_000)
          ]))
    }
    var commit: [SpanAttribute] = [
      .init(.databaseSystem, "postgresql"), .init(.databaseOperation, "COMMIT"), .init(.rows, rows),
    ]
    if let database { commit.append(.init(.databaseNamespace, database)) }
    tracer.end(
      Span(
        "COMMIT \(database ?? "postgresql")", .client, tracer.child(of: context), parent: context.spanID, start: since,
        end: now, attributes: commit + attributes, failure: failure))
    var cycleSpan = Span(
      "process \(topic)", .consumer, context, start: cycle.start, end: now, attributes: attributes, failure: failure)
    cycleSpan.links = cycle.links
    cycleSpan.droppedLinks = cycle.droppedLinks
    tracer.end(cycleSpan)
    return context.traceID.description
  }

  private func attributes(of checkpoint: Checkpoint, _ cycle: Cycle) -> [SpanAttribute] {
    let moved = checkpoint.advances.filter { $0.next != $0.expected }.prefix(Self.maximumPartitions)
    var attributes: [SpanAttribute] = [
      .init(.messagingSystem, "kafka"), .init(.operationType, "process"), .init(.operationName, "process"),
      .init(.topic, topic), .init(.group, group), .init(.stream, stream),
      .init(.messageCount, checkpoint.recordCount),
      .init(.partitions, .integers(moved.map { Int64($0.partition.partition) })),
      .init(.firstOffsets, .integers(moved.map(\.expected))), .init(.nextOffsets, .integers(moved.map(\.next))),
    ]
    if moved.count == 1, let only = moved.first {
      attributes += [.init(.partition, String(only.partition.partition)), .init(.offset, only.expected)]
    }
    if !checkpoint.deadLetters.isEmpty { attributes.append(.init(.deadLetters, checkpoint.deadLetters.count)) }
    return attributes
  }
}

extension WorkerTrace.Stage {
  fileprivate func name(_ topic: String) -> String {
    switch self {
    case .fetch: "poll \(topic)"
    case .decode: "decode"
    case .aggregate: "aggregate"
    }
  }

  fileprivate func attributes(_ topic: String, _ records: Int) -> [SpanAttribute] {
    guard self == .fetch else { return [] }
    return [
      .init(.messagingSystem, "kafka"), .init(.operationType, "receive"), .init(.operationName, "poll"),
      .init(.topic, topic), .init(.messageCount, records),
    ]
  }
}
