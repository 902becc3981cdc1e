/// What a collector is sent: OTLP's `ExportTraceServiceRequest`.
public struct TraceRequest: Sendable {
  /// What the spans come from, e.g. `service.name`.
  public var resource: [(name: String, value: String)]
  /// The version of what made them.
  public var version: String

  public init(resource: [(name: String, value: String)], version: String) {
    self.resource = resource
    self.version = version
  }

  /// The request's bytes in Protocol Buffers.
  public func encode(_ spans: [Span]) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.message(1) { resourceSpans in
      resourceSpans.message(1) { message in
        for (name, value) in resource {
          message.message(1) { $0.attribute(name, .text(value)) }
        }
      }
      resourceSpans.message(2) { scopeSpans in
        scopeSpans.message(1) { scope in
          scope.text(1, "streampulse")
          scope.text(2, version)
        }
        for span in spans { scopeSpans.message(2) { $0.add(span) } }
      }
    }
    return writer.bytes
  }

  /// How many spans of a request a collector says that it refused, by its answer's bytes (`ExportTraceServiceResponse`);
  /// 0 also for an answer that is none.
  public static func refused(in answer: [UInt8]) -> Int {
    var reader = ProtobufReader(answer[...])
    guard let partial = reader.message(1) else { return 0 }
    var inner = ProtobufReader(partial)
    return Int(clamping: max(0, inner.integer(1) ?? 0))
  }
}

extension ProtobufWriter {
  /// Bits of the flags beside those of `traceparent`: whether it is known that the parent is remote, and whether it is.
  private static let knowsRemote: UInt32 = 0x100
  private static let isRemote: UInt32 = 0x200

  fileprivate mutating func add(_ span: Span) {
    identity(1, span.context.traceID.high, span.context.traceID.low)
    identity(2, span.context.spanID.value)
    if let parent = span.parent { identity(4, parent.value) }
    text(5, span.name)
    integer(6, Int64(span.kind.rawValue))
    fixed64(7, nanoseconds(span.start))
    fixed64(8, nanoseconds(span.end))
    for attribute in span.attributes {
      message(9) { $0.attribute(attribute.key.rawValue, attribute.value) }
    }
    for link in span.links {
      message(13) { message in
        message.identity(1, link.traceID.high, link.traceID.low)
        message.identity(2, link.spanID.value)
        message.fixed32(6, (link.isSampled ? 1 : 0) | Self.knowsRemote | Self.isRemote)
      }
    }
    integer(14, Int64(span.droppedLinks))
    if let failure = span.failure {
      message(15) { status in
        status.text(2, failure)
        status.integer(3, 2)
      }
    }
    fixed32(16, (span.context.isSampled ? 1 : 0) | Self.knowsRemote | (span.isParentRemote ? Self.isRemote : 0))
  }

  private func nanoseconds(_ microseconds: Int64) -> UInt64 {
    UInt64(clamping: microseconds).multipliedReportingOverflow(by: 1000).partialValue
  }

  /// The members of a `KeyValue`.
  fileprivate mutating func attribute(_ name: String, _ value: SpanAttribute.Value) {
    text(1, name)
    message(2) { $0.any(value) }
  }

  /// The member of an `AnyValue`, which is one of several: it says which also when it is zero.
  private mutating func any(_ value: SpanAttribute.Value) {
    switch value {
    case .text(let text): self.text(1, text, always: true)
    case .boolean(let boolean): integer(2, boolean ? 1 : 0, always: true)
    case .integer(let integer): self.integer(3, integer, always: true)
    case .number(let number): fixed64(4, number.bitPattern, always: true)
    case .integers(let integers):
      message(5) { array in
        for integer in integers { array.message(1) { $0.any(.integer(integer)) } }
      }
    }
  }
}
