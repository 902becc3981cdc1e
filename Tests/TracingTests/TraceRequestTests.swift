import Testing
import Tracing

@Suite struct TraceRequestTests {
  private static let request = TraceRequest(resource: [("service.name", "s")], version: "1")
  private static let context = TraceContext(
    traceID: TraceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10), spanID: SpanID(0x1112_1314_1516_1718),
    isSampled: true)

  /// A field of a known wire type, as the format's documentation has it.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    let count = bytes.count
    let length = count < 128 ? [UInt8(count)] : [UInt8(count & 0x7F) | 0x80, UInt8(count >> 7)]
    return [number << 3 | 2] + length + bytes
  }

  private static func envelope(_ span: [UInt8]) -> [UInt8] {
    let resource = field(1, field(1, field(1, Array("service.name".utf8)) + field(2, field(1, Array("s".utf8)))))
    let scope = field(2, field(1, field(1, Array("streampulse".utf8)) + field(2, Array("1".utf8))) + span)
    return field(1, resource + scope)
  }

  @Test("a request without spans says what it comes from")
  func empty() {
    #expect(Self.request.encode([]) == Self.envelope([]))
  }

  @Test("a span's fields have OTLP's numbers and wire types")
  func span() {
    var span = Span("n", .client, Self.context, parent: SpanID(1), start: 1, end: 2, failure: "no")
    span.attributes = [.init(.rows, 300), .init(.isCached, false)]
    let identity = (1...16).map { UInt8($0) }
    let expected =
      Self.field(1, identity) + Self.field(2, (0x11...0x18).map { UInt8($0) })
      + Self.field(4, [0, 0, 0, 0, 0, 0, 0, 1])
      + Self.field(5, Array("n".utf8)) + [6 << 3, 3]
      + [7 << 3 | 1, 0xE8, 3, 0, 0, 0, 0, 0, 0, 8 << 3 | 1, 0xD0, 7, 0, 0, 0, 0, 0, 0]
      + Self.field(9, Self.field(1, Array("streampulse.rows".utf8)) + Self.field(2, [3 << 3, 0xAC, 2]))
      // False is said all the same: the member says which kind of value it is.
      + Self.field(9, Self.field(1, Array("streampulse.cached".utf8)) + Self.field(2, [2 << 3, 0]))
      + Self.field(15, Self.field(2, Array("no".utf8)) + [3 << 3, 2])
      + [0x85, 1, 1, 1, 0, 0]
    #expect(Self.request.encode([span]) == Self.envelope(Self.field(2, expected)))
  }

  @Test("a span that ends before it begins, as clocks are set, takes no time")
  func order() {
    #expect(Span("n", .internal, Self.context, start: 5, end: 3).end == 5)
  }

  @Test(
    "what a collector refuses is read from its answer, and hostile answers say nothing",
    arguments: [
      ([], 0), ([0x0A, 0x00], 0), ([0x0A, 0x02, 0x08, 0x05], 5), ([0x0A, 0x05, 0x12, 0x01, 0x78, 0x08, 0x07], 7),
      ([0x0A, 0x7F, 0x08], 0), ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], 0),
      ([0x0A, 0x0B, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], 0),
      ([0x0B], 0), ([0xFF], 0), (Array("<html>".utf8), 0),
    ] as [([UInt8], Int)])
  func refused(answer: [UInt8], count: Int) {
    #expect(TraceRequest.refused(in: answer) == count)
  }
}
