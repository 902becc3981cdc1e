import Events
import Testing

@Suite struct EventBatchTests {
  @Test("the first failure of a row is the one that counts, and takes the row out")
  func failures() {
    let batch = EventBatch(specs: [], capacity: 3)
    batch.reset(count: 3)
    batch.fail(1, .truncated, "first")
    batch.fail(1, .malformed, "second")
    batch.fail(2, .empty, "third")
    #expect([batch.live[0], batch.live[1], batch.live[2]] == [1, 0, 0])
    #expect(batch.failures.map(\.row) == [1, 2])
    #expect(batch.failures.map(\.message) == ["first", "third"])
    #expect(batch.failures.map(\.code) == [.truncated, .empty])
  }

  @Test("a reset makes all rows live again")
  func reset() {
    let batch = EventBatch(specs: [], capacity: 2)
    batch.reset(count: 2)
    batch.fail(0, .empty, "gone")
    batch.reset(count: 1)
    #expect(batch.count == 1)
    #expect(batch.live[0] == 1)
    #expect(batch.failures.isEmpty)
  }

  @Test("records are cut into slices that fit the batch, long ones into shorter slices")
  func slices() {
    let batch = EventBatch(specs: [], capacity: 100)
    func slices(_ count: Int, bytes: Int) -> [Range<Int>] {
      let records = RecordBatch(copying: Array(repeating: [UInt8](repeating: 0, count: bytes), count: count))
      return batch.slices(of: records.records)
    }
    #expect(slices(0, bytes: 1) == [])
    #expect(slices(100, bytes: 1) == [0..<100])
    #expect(slices(250, bytes: 1) == [0..<100, 100..<200, 200..<250])
    #expect(slices(5, bytes: EventBatch.slicePayloadBytes / 2) == [0..<2, 2..<4, 4..<5])
    #expect(slices(2, bytes: EventBatch.slicePayloadBytes + 1) == [0..<1, 1..<2])
    let tombstones = RecordBatch(copying: [nil, nil])
    #expect(batch.slices(of: tombstones.records) == [0..<2])
  }

  @Test("a new batch's columns are readable before they are written")
  func freshColumns() {
    let types: [SQLType] = [.text, .bigint, .doublePrecision, .boolean, .numeric(scale: 2)]
    let specs = types.map { ColumnSpec(path: ["x"], type: $0, isNullable: true) }
    let batch = EventBatch(specs: specs, capacity: 2)
    #expect(batch.columns[0].texts[1].count == 0)
    #expect(batch.columns[1].integers[1] == 0)
    #expect(batch.columns[2].doubles[1] == 0)
    #expect(batch.columns[3].booleans[1] == 0)
    #expect(batch.columns[4].decimals[1] == 0)
    #expect(batch.columns.allSatisfy { $0.validity[0] == 1 && $0.validity[1] == 1 })
  }
}

@Suite struct RecordBatchTests {
  @Test("a batch of copies keeps payloads, tombstones and offsets")
  func copies() {
    let payloads: [[UInt8]?] = [[1, 2, 3], nil, [], [4]]
    let batch = RecordBatch(copying: payloads, partition: 2, firstOffset: 10)
    #expect(batch.count == 4)
    for (index, payload) in payloads.enumerated() {
      let record = batch.records[index]
      #expect((record.payload == nil) == (payload == nil))
      #expect(Array(record.payloadBytes) == payload ?? [])
      #expect(record.offset == Int64(10 + index))
      #expect(record.partition == 2)
      #expect(batch.headers(of: record).isEmpty)
    }
  }

  @Test("its memory is released once, at the end of its life")
  func release() {
    final class Counter { var count = 0 }
    let counter = Counter()
    do {
      let batch = RecordBatch(records: UnsafeMutableBufferPointer(start: nil, count: 0)) { counter.count += 1 }
      #expect(batch.count == 0)
      #expect(counter.count == 0)
    }
    #expect(counter.count == 1)
  }
}
