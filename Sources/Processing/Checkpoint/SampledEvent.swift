import Events

/// An event for `event_log`. All times in microseconds since 1970.
public struct SampledEvent: Sendable, Equatable {
  public var partition: TopicPartition
  public var offset: Offset
  /// The record's own; nil when it has none.
  public var recordTimestamp: Int64?
  public var eventTime: Int64
  /// Of the worker, when it took the event in; nil while it had none.
  public var watermark: Int64?
  /// The event's columns as JSON.
  public var document: [UInt8]
  public var sampledAt: Int64

  /// What it holds, about, for bounding memory.
  var byteCount: Int { document.count + 200 }
}
