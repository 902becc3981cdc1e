import Configuration
import Events
import Tracing

/// The header that says in which span a record was sent, so that whoever reads it can link to that.
struct TraceHeader {
  private let tracer = Tracer(
    Sampler(.always, followsParent: true),
    random: {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    }, take: { _ in })
  /// nil: each record is of a trace of its own.
  private let fixed: TraceContext?

  /// nil: nobody asked for it.
  init?(_ command: ParsedCommand) throws {
    guard let text = command.string("traceparent") else { return nil }
    guard text != "new" else {
      fixed = nil
      return
    }
    guard let context = TraceContext(text) else {
      throw command.error(
        "--traceparent \(text) is no traceparent",
        hint: "it is new, or like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }
    fixed = context
  }

  func next() -> RecordHeader {
    RecordHeader(name: TraceContext.header, value: Array((fixed ?? tracer.begin()).headerValue.utf8))
  }
}
