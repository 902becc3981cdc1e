import Dataflow
import Events
import ProcessingTestSupport
import Synchronization
import Testing
import Tracing

@testable import Processing

/// A tracer whose identities count up, and what it was given.
private final class Traces: Sendable {
  let spans = Mutex<[Span]>([])
  private let next = Mutex<UInt64>(0)

  func tracer(_ sampler: Sampler = Sampler(.always, followsParent: true)) -> Tracer {
    Tracer(
      sampler,
      random: {
        self.next.withLock {
          $0 += 1
          return $0
        }
      }, take: { span in self.spans.withLock { $0.append(span) } })
  }

  func named(_ name: String) -> Span? { spans.withLock { $0.first { $0.name == name } } }
}

/// As many records, each with its `traceparent`; how many headers were read.
private func batch(_ headers: [TraceContext?], read: @escaping (Int) -> Void = { _ in }) -> RecordBatch {
  let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: headers.count)
  var count = 0
  for index in headers.indices {
    records.initializeElement(
      at: index, to: Record(payload: nil, payloadCount: 0, offset: Offset(index), sourceIndex: Int32(index)))
  }
  return RecordBatch(
    records: records,
    headersOf: { record in
      count += 1
      read(count)
      return headers[Int(record.sourceIndex)].map {
        [RecordHeader(name: "other", value: nil), RecordHeader(name: "traceparent", value: Array($0.headerValue.utf8))]
      } ?? []
    }, release: { records.deallocate() })
}

private func sent(_ number: Int) -> TraceContext {
  TraceContext(traceID: TraceID(high: 9, low: UInt64(number) + 1), spanID: SpanID(5), isSampled: true)
}

private func checkpoint(_ advances: [(partition: Int32, from: Offset, to: Offset)]) -> Checkpoint {
  Checkpoint(
    advances: advances.map { partition, from, to in
      var counts = RunCounts(aggregateCount: 0)
      counts.consumed = Int(to - from)
      return PartitionAdvance(
        partition: TopicPartition(topic: "t", partition: partition), epoch: 1, expected: from, next: to, segment: from,
        missing: 0, counts: counts)
    }, deltas: [], deadLetters: [], gaps: [])
}

@Suite struct WorkerTraceTests {
  private func trace(_ tracer: Tracer) -> WorkerTrace {
    WorkerTrace(tracer, stream: "s", topic: "t", group: "g", database: "d")
  }

  @Test("a cycle is one trace: fetch, decode, aggregate and commit below it, with partitions and offsets")
  func cycle() throws {
    let traces = Traces()
    var trace = trace(traces.tracer())
    trace.begin(.fetch, at: 100)
    trace.fetched(2, at: 110)
    trace.link(batch([sent(1), nil, sent(1), sent(2)]))
    for round in 0..<2 {
      trace.begin(.decode, at: 110 + Int64(round) * 20)
      trace.end(.decode, at: 115 + Int64(round) * 20)
      trace.begin(.aggregate, at: 115 + Int64(round) * 20)
      trace.end(.aggregate, at: 125 + Int64(round) * 20)
    }
    trace.sealed(checkpoint([(0, 5, 7), (2, 0, 3)]), at: 150)
    // What is read meanwhile belongs to the next cycle.
    trace.begin(.fetch, at: 151)
    trace.fetched(1, at: 152)
    let finished = trace.finished(at: 200)
    let identity = try #require(finished)
    let root = try #require(traces.named("process t"))
    #expect(root.context.traceID.description == identity && root.parent == nil && root.kind == .consumer)
    #expect(root.start == 100 && root.end == 200 && root.links == [sent(1), sent(2)])
    #expect(root.attributes.contains(.init(.partitions, .integers([0, 2]))))
    #expect(root.attributes.contains(.init(.firstOffsets, .integers([5, 0]))))
    #expect(root.attributes.contains(.init(.nextOffsets, .integers([7, 3]))))
    #expect(root.attributes.contains(.init(.messageCount, 5)))
    for (name, start, end) in [
      ("poll t", 100, 110), ("decode", 110, 135), ("aggregate", 115, 145), ("COMMIT d", 150, 200),
    ] {
      let span = try #require(traces.named(name))
      #expect(span.parent == root.context.spanID && span.context.traceID == root.context.traceID, "\(name)")
      #expect(span.start == Int64(start) && span.end == Int64(end), "\(name)")
    }
    #expect(traces.named("decode")?.attributes == [.init(.busySeconds, 0.00001)])
    #expect(traces.spans.withLock { $0.count } == 5)
    trace.sealed(checkpoint([(0, 7, 8)]), at: 210)
    let next = trace.finished(at: 220)
    #expect(next != nil && next != identity)
  }

  @Test("links, headers that are read and partitions that are said have bounds")
  func bounds() throws {
    let traces = Traces()
    var trace = trace(traces.tracer())
    trace.fetched(3_000, at: 1)
    let read = Mutex(0)
    for _ in 0..<3 {
      trace.link(batch((0..<400).map(sent)) { _ in read.withLock { $0 += 1 } })
    }
    trace.sealed(checkpoint((0..<100).map { ($0, 0, 1) }), at: 2)
    trace.finished(at: 3)
    let root = try #require(traces.named("process t"))
    #expect(read.withLock { $0 } == WorkerTrace.maximumHeads)
    #expect(root.links.count == WorkerTrace.maximumLinks)
    #expect(root.droppedLinks > 0)
    #expect(root.attributes.contains(.init(.partitions, .integers((0..<64).map { $0 }))))
    #expect(root.attributes.contains(.init(.messageCount, 100)))
  }

  @Test("of a cycle that is not recorded nothing is kept, and no header is read")
  func unsampled() {
    let traces = Traces()
    var trace = trace(traces.tracer(Sampler(.never, followsParent: true)))
    trace.begin(.fetch, at: 1)
    trace.fetched(1, at: 2)
    trace.link(batch([sent(1)]) { _ in Issue.record("a header was read") })
    trace.begin(.decode, at: 3)
    trace.end(.decode, at: 4)
    trace.sealed(checkpoint([(0, 0, 1)]), at: 5)
    let identity = trace.finished(at: 6)
    #expect(identity == nil)
    #expect(traces.spans.withLock { $0.isEmpty })
  }

  @Test("a commit that another instance fenced is a failure; a watermark alone is no cycle")
  func failure() throws {
    let traces = Traces()
    var trace = trace(traces.tracer())
    trace.sealed(checkpoint([(0, 1, 1)]), at: 1)
    let identity = trace.finished(at: 2)
    #expect(identity == nil)
    trace.fetched(1, at: 3)
    trace.sealed(checkpoint([(4, 0, 1)]), at: 4)
    trace.finished(at: 5, failure: "no")
    let root = try #require(traces.named("process t"))
    #expect(root.failure == "no" && traces.named("COMMIT d")?.failure == "no")
    #expect(root.attributes.contains(.init(.partition, "4")) && root.attributes.contains(.init(.offset, 0)))
  }
}
