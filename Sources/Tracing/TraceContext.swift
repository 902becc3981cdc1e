import Hexadecimal

/// What all spans of one trace have in common: 16 bytes, not all zero.
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 digits in lower case.
  public var description: String { high.hexadecimal + low.hexadecimal }
}

/// A span's own name within its trace: 8 bytes, not all zero.
public struct SpanID: Hashable, Sendable, CustomStringConvertible {
  public var value: UInt64

  public init(_ value: UInt64) { self.value = value }

  /// 16 digits in lower case.
  public var description: String { value.hexadecimal }
}

/// What one service tells the next of a span: W3C Trace Context's `traceparent`.
public struct TraceContext: Hashable, Sendable {
  /// The name of the header, of HTTP requests and of Kafka's records.
  public static let header = "traceparent"
  /// Of version 00.
  private static let length = 55

  public var traceID: TraceID
  public var spanID: SpanID
  /// Whether spans of the trace are recorded.
  public var isSampled: Bool

  public init(traceID: TraceID, spanID: SpanID, isSampled: Bool) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
  }

  /// From a header's value; nil for what is none. Of versions to come the part counts that version 00 has, too.
  public init?(_ text: String) {
    var text = text
    let context = text.withUTF8 { TraceContext(bytes: $0) }
    guard let context else { return nil }
    self = context
  }

  /// The same from the header's bytes.
  public init?(bytes: some RandomAccessCollection<UInt8>) {
    let bytes = bytes.prefix(Self.length + 1)
    guard bytes.count >= Self.length else { return nil }
    func byte(_ index: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: index)] }
    func number(_ range: Range<Int>) -> UInt64? {
      var value: UInt64 = 0
      for index in range {
        guard let digit = digitValue(byte(index)) else { return nil }
        value = value << 4 | digit
      }
      return value
    }
    let dash = UInt8(ascii: "-")
    guard byte(2) == dash, byte(35) == dash, byte(52) == dash, let version = number(0..<2), version != 0xFF,
      bytes.count == Self.length || (version > 0 && byte(Self.length) == dash),
      let high = number(3..<19), let low = number(19..<35), high != 0 || low != 0,
      let span = number(36..<52), span != 0, let flags = number(53..<55)
    else { return nil }
    self.init(traceID: TraceID(high: high, low: low), spanID: SpanID(span), isSampled: flags & 1 == 1)
  }

  /// The header's value.
  public var headerValue: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }
}

/// Capitals are none: the recommendation says so.
private func digitValue(_ byte: UInt8) -> UInt64? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
  default: nil
  }
}
