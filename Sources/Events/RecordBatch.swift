/// A position in a partition's log.
public typealias Offset = Int64

/// One record of a topic as the source delivered it. The pointers are owned by the `RecordBatch`.
public struct Record {
  /// nil for a tombstone.
  public var payload: UnsafePointer<UInt8>?
  public var payloadCount: Int
  public var key: UnsafePointer<UInt8>?
  public var keyCount: Int
  public var offset: Offset
  /// The record's own timestamp in milliseconds since 1970, or -1.
  public var timestampMilliseconds: Int64
  public var partition: Int32
  /// Where the record stands in the source's own batch; the key for `RecordBatch.headers`.
  public var sourceIndex: Int32

  @inlinable
  public init(
    payload: UnsafePointer<UInt8>?, payloadCount: Int, key: UnsafePointer<UInt8>? = nil, keyCount: Int = 0,
    offset: Offset, timestampMilliseconds: Int64 = -1, partition: Int32 = 0, sourceIndex: Int32 = 0
  ) {
    self.payload = payload
    self.payloadCount = payloadCount
    self.key = key
    self.keyCount = keyCount
    self.offset = offset
    self.timestampMilliseconds = timestampMilliseconds
    self.partition = partition
    self.sourceIndex = sourceIndex
  }

  /// The payload's bytes; empty for a tombstone.
  @inlinable
  public var payloadBytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: payload, count: payload == nil ? 0 : payloadCount)
  }

  @inlinable
  public var keyBytes: UnsafeBufferPointer<UInt8>? {
    key.map { UnsafeBufferPointer(start: $0, count: keyCount) }
  }

  /// The record's own time in microseconds since 1970; nil when it has none, or one that no `timestamptz` of the engine
  /// holds: it is the producer's own number.
  @inlinable
  public var timestampMicroseconds: Int64? {
    let (product, overflow) = timestampMilliseconds.multipliedReportingOverflow(by: 1000)
    return timestampMilliseconds < 0 || overflow ? nil : product
  }
}

/// A record header. Names may repeat and keep their order.
public struct RecordHeader: Hashable, Sendable {
  public var name: String
  public var value: [UInt8]?

  public init(name: String, value: [UInt8]?) {
    self.name = name
    self.value = value
  }
}

/// Records of one topic, of any number of partitions, in the order of delivery.
///
/// Zero-copy: the batch keeps the source's messages alive until it is released, and everything decoded from it points
/// into them. Used and released on the thread that consumed it.
public struct RecordBatch: ~Copyable {
  /// The records; the offset tracker compacts it in place when it drops repeats.
  public var records: UnsafeMutableBufferPointer<Record>
  private let headersOf: (Record) -> [RecordHeader]
  private let release: () -> Void

  /// - Parameters:
  ///   - records: stays valid until `release` is called.
  ///   - headersOf: reads a record's headers; called only for the rare record that needs them.
  ///   - release: called exactly once, when the batch ends its life.
  public init(
    records: UnsafeMutableBufferPointer<Record>, headersOf: @escaping (Record) -> [RecordHeader] = { _ in [] },
    release: @escaping () -> Void
  ) {
    self.records = records
    self.headersOf = headersOf
    self.release = release
  }

  deinit {
    release()
  }

  public var count: Int { records.count }

  /// Gives up all records but the first ones.
  public mutating func keepFirst(_ count: Int) {
    records = UnsafeMutableBufferPointer(rebasing: records[..<count])
  }

  public func headers(of record: Record) -> [RecordHeader] {
    headersOf(record)
  }
}
