/// Something that took time, as a trace shows it.
public struct Span: Sendable, Equatable {
  public enum Kind: Int, Sendable {
    case `internal` = 1
    case server, client, producer, consumer
  }

  public var name: String
  public var kind: Kind
  public var context: TraceContext
  /// nil: the trace begins with it.
  public var parent: SpanID?
  /// The parent is another process's.
  public var isParentRemote = false
  /// Microseconds since 1970 UTC.
  public var start: Int64
  public var end: Int64
  public var attributes: [SpanAttribute]
  /// Spans that led to this one without being its parent.
  public var links: [TraceContext] = []
  /// Those that there was no room for.
  public var droppedLinks = 0
  /// Why it failed; nil: it did not.
  public var failure: String?

  public init(
    _ name: String, _ kind: Kind, _ context: TraceContext, parent: SpanID? = nil, start: Int64, end: Int64,
    attributes: [SpanAttribute] = [], failure: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.context = context
    self.parent = parent
    self.start = start
    // A clock that was set back meanwhile must not make it end before it began.
    self.end = max(start, end)
    self.attributes = attributes
    self.failure = failure
  }
}

/// What is known of a span: a key of `AttributeKey` and a value.
public struct SpanAttribute: Hashable, Sendable {
  public enum Value: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case integers([Int64])
  }

  public var key: AttributeKey
  public var value: Value

  public init(_ key: AttributeKey, _ value: Value) {
    self.key = key
    self.value = value
  }

  public init(_ key: AttributeKey, _ value: String) { self.init(key, .text(value)) }
  public init(_ key: AttributeKey, _ value: Bool) { self.init(key, .boolean(value)) }
  public init(_ key: AttributeKey, _ value: Double) { self.init(key, .number(value)) }
  public init(_ key: AttributeKey, _ value: some BinaryInteger) { self.init(key, .integer(Int64(clamping: value))) }
}

/// Every key that a span may have: OpenTelemetry's semantic conventions, and our own.
public enum AttributeKey: String, Sendable, CaseIterable {
  case databaseNamespace = "db.namespace"
  case databaseOperation = "db.operation.name"
  case databaseSystem = "db.system.name"
  case errorType = "error.type"
  case method = "http.request.method"
  case route = "http.route"
  case status = "http.response.status_code"
  case messageCount = "messaging.batch.message_count"
  case group = "messaging.consumer.group.name"
  case topic = "messaging.destination.name"
  case partition = "messaging.destination.partition.id"
  case offset = "messaging.kafka.offset"
  case operationName = "messaging.operation.name"
  case operationType = "messaging.operation.type"
  case messagingSystem = "messaging.system"
  /// Seconds of work within a span that others' work interrupts.
  case busySeconds = "streampulse.busy_seconds"
  case isCached = "streampulse.cached"
  case deadLetters = "streampulse.dead_letters"
  case notifications = "streampulse.notifications"
  /// First offsets and those after the last, in the order of `partitions`.
  case firstOffsets = "streampulse.offsets.first"
  case nextOffsets = "streampulse.offsets.next"
  case partitions = "streampulse.partitions"
  case requestID = "streampulse.request_id"
  case rows = "streampulse.rows"
  case stream = "streampulse.stream"
  case target = "streampulse.target"
  case targetKind = "streampulse.target.kind"
}
