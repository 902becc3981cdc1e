/// A record with memory of its own: of a dead letter, or made up for a test.
public struct OwnedRecord: Hashable, Sendable {
  /// nil: a tombstone.
  public var payload: [UInt8]?
  public var key: [UInt8]?
  public var headers: [RecordHeader]
  public var partition: Int32
  public var offset: Offset
  /// In milliseconds since 1970, or -1.
  public var timestampMilliseconds: Int64

  public init(
    payload: [UInt8]?, key: [UInt8]? = nil, headers: [RecordHeader] = [], partition: Int32 = 0, offset: Offset = 0,
    timestampMilliseconds: Int64 = -1
  ) {
    self.payload = payload
    self.key = key
    self.headers = headers
    self.partition = partition
    self.offset = offset
    self.timestampMilliseconds = timestampMilliseconds
  }
}

extension RecordBatch {
  /// A batch over copies of these records, one behind the other in memory.
  public init(copying copied: [OwnedRecord]) {
    let total = copied.reduce(0) { $0 + ($1.payload?.count ?? 0) + ($1.key?.count ?? 0) }
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(total, 1))
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: copied.count)
    var used = 0
    func copy(_ source: [UInt8]?) -> UnsafePointer<UInt8>? {
      guard let source else { return nil }
      let start = bytes + used
      source.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { start.update(from: base, count: source.count) }
      }
      used += source.count
      return UnsafePointer(start)
    }
    for (index, record) in copied.enumerated() {
      records.initializeElement(
        at: index,
        to: Record(
          payload: copy(record.payload), payloadCount: record.payload?.count ?? 0, key: copy(record.key),
          keyCount: record.key?.count ?? 0, offset: record.offset,
          timestampMilliseconds: record.timestampMilliseconds, partition: record.partition,
          sourceIndex: Int32(index)))
    }
    let headers = copied.contains { !$0.headers.isEmpty } ? copied.map(\.headers) : []
    self.init(records: records) { record in
      headers.indices.contains(Int(record.sourceIndex)) ? headers[Int(record.sourceIndex)] : []
    } release: {
      bytes.deallocate()
      records.deallocate()
    }
  }

  /// A batch over copies of `payloads` (nil: tombstone) with offsets that follow one another.
  public init(copying payloads: [[UInt8]?], partition: Int32 = 0, firstOffset: Offset = 0) {
    self.init(
      copying: payloads.enumerated().map { index, payload in
        OwnedRecord(payload: payload, partition: partition, offset: firstOffset + Int64(index))
      })
  }
}
