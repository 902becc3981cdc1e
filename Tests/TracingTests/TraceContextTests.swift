import Testing
import Tracing

private let example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

@Suite struct TraceContextTests {
  @Test("traceparent is read and written as W3C Trace Context has it")
  func roundTrip() throws {
    let context = try #require(TraceContext(example))
    #expect(context.traceID == TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
    #expect(context.spanID == SpanID(0xb7ad_6b71_6920_3331))
    #expect(context.isSampled)
    #expect(context.headerValue == example)
    #expect(TraceContext(example.dropLast() + "0")?.isSampled == false)
  }

  @Test(
    "flags that nobody knows yet, and what later versions add, are passed over",
    arguments: [
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
      "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like",
    ])
  func later(text: String) throws {
    #expect(try #require(TraceContext(text)).headerValue == example)
  }

  @Test(
    "what is no traceparent is none",
    arguments: [
      "", "00", String(example.dropLast()), example + "0", example + "-01", "ff" + example.dropFirst(2),
      "0 " + example.dropFirst(2), example.uppercased(), example.replacing("-", with: "_"),
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what",
      "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\u{e9}",
    ])
  func refused(text: String) {
    #expect(TraceContext(text) == nil)
    #expect(TraceContext(bytes: Array(text.utf8)) == nil)
  }
}
