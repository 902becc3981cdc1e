import AllocationCounter
import Events
import Project
import Testing

@testable import Benchmark

private let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/")

/// The guard of the hot loop: what a batch costs besides its events is allowed to allocate, an event is not.
@Suite struct AllocationTests {
  private static let batches = 5
  private static let few = 100
  /// In one slice.
  private static let many = 1_500

  private let corpus: EventCorpus
  private let operators: EngineRun.Operators

  init() throws {
    let stream = try #require(try Project(folder: repository).stream(named: "content_downloads"))
    corpus = try EventCorpus(
      EventSequence(count: AllocationTests.many, schemaJSON: readText(repository + "/schemas/event.avsc")))
    operators = try EngineRun(stream).makeOperators()
  }

  /// Allocations while the first `count` events are decoded and added to the shipped aggregates, batch after
  /// batch. The same has been done before, so that every group, key and piece of code has been met.
  private func allocations(_ count: Int, with work: (Record) -> Void = { _ in }) -> UInt64 {
    let all = corpus.records()
    defer { all.deallocate() }
    let records = UnsafeMutableBufferPointer(rebasing: all[..<count])
    func run() -> Int {
      var aggregated = 0
      for _ in 0..<AllocationTests.batches {
        aggregated += operators.process(records)
        for record in records { work(record) }
      }
      return aggregated
    }
    _ = run()
    let before = streampulse_allocation_count()
    let aggregated = run()
    let counted = streampulse_allocation_count() - before
    #expect(aggregated == AllocationTests.batches * count)
    return counted
  }

  @Test func `Decoding and aggregating allocates nothing for an event, however many there are`() {
    #expect(allocations(AllocationTests.many) == allocations(AllocationTests.few))
  }

  @Test func `An allocation for each event would be noticed`() {
    let planted = allocations(AllocationTests.many) { record in
      UnsafeMutableRawPointer.allocate(byteCount: record.payloadCount, alignment: 1).deallocate()
    }
    let events = AllocationTests.batches * AllocationTests.many
    #expect(planted == allocations(AllocationTests.few) + UInt64(events))
  }
}
