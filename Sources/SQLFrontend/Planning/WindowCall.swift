import Events
import Plan
import SQLQuoting

/// A call that names a window, in GROUP BY or in SELECT.
struct WindowCall {
  /// What a window is called by; each is a function of the database, too. `session` is known to be refused by its name.
  static let names: Set<String> = ["tumble", "hop", "session"]

  /// What a window is made of at most: the view over its panes reads as many rows for each of a group.
  private static let maximumPanes: Int64 = 1_440

  let source: SourceText
  let columns: StreamColumns
  let call: SyntaxCall
  let location: Int

  /// nil for another expression.
  init?(_ expression: SyntaxExpression, source: SourceText, columns: StreamColumns) {
    guard case .call(let call) = expression.kind, Self.names.contains(call.name) else { return nil }
    self.source = source
    self.columns = columns
    self.call = call
    location = expression.location
  }

  /// Another kind of window is another case here and in `WindowAssigner`.
  func assigner() throws(DefinitionError) -> WindowAssigner {
    switch call.name {
    case "tumble": return try tumble()
    case "hop": return try hop()
    default:
      throw source.error(
        at: location, "\(call.name) windows are not supported yet",
        hint: "write tumble(…), or hop(…) for windows that overlap")
    }
  }

  private var eventTime: String { quotedPath(columns.stream.eventTime) }

  private func tumble() throws(DefinitionError) -> WindowAssigner {
    let form = "write tumble(\(eventTime), INTERVAL '1 minute')"
    guard call.arguments.count == 2, !call.isStar, call.filter == nil else {
      throw source.error(
        at: location, "tumble takes the event time and the size of the window",
        hint: call.arguments.count == 3 ? "a time zone is not supported yet; \(form)" : form)
    }
    try requireEventTime(form)
    return .tumble(sizeMicroseconds: try length(1, "the size of a window", form))
  }

  private func hop() throws(DefinitionError) -> WindowAssigner {
    let form = "write hop(\(eventTime), INTERVAL '1 minute', INTERVAL '5 minutes')"
    guard call.arguments.count == 3, !call.isStar, call.filter == nil else {
      throw source.error(
        at: location, "hop takes the event time, how often a window begins, and the size of the window", hint: form)
    }
    try requireEventTime(form)
    let slide = try length(1, "how often a window begins", form)
    let size = try length(2, "the size of a window", form)
    guard slide <= size else {
      throw source.error(
        at: call.arguments[1].location, "windows that begin less often than they are long leave events out",
        hint: "the first interval says how often a window begins, the second how long it is: \(form)")
    }
    let window = WindowAssigner.hop(slideMicroseconds: slide, sizeMicroseconds: size)
    guard case .fixed(let pane) = window.panes, size / pane <= Self.maximumPanes else {
      throw source.error(
        at: call.arguments[1].location,
        "a window is made of panes of the common divisor, and this one of more than \(Self.maximumPanes)",
        hint: "let windows begin less often, at a time that divides their size")
    }
    return window
  }

  private func requireEventTime(_ form: String) throws(DefinitionError) {
    guard case .column(let path) = call.arguments[0].kind, columns.resolve(path) == columns.stream.eventTime else {
      throw source.error(
        at: call.arguments[0].location, "the window must be over the stream's event time", hint: form)
    }
  }

  /// An argument that is a length of time, in microseconds.
  private func length(_ index: Int, _ subject: String, _ form: String) throws(DefinitionError) -> Int64 {
    let syntax = call.arguments[index]
    guard case .cast(let constant, let type) = syntax.kind, type.name == "interval",
      case .string(let text) = constant.kind
    else {
      throw source.error(at: syntax.location, "\(subject) is a constant INTERVAL", hint: form)
    }
    let length: Int64
    do {
      length = try Interval.microseconds(parsing: text)
    } catch {
      throw source.error(at: constant.location, error.message, hint: error.hint)
    }
    guard (1_000...366 * DateTime.microsecondsPerDay).contains(length) else {
      throw source.error(
        at: syntax.location, "a window is between 1 millisecond and 366 days long", hint: form)
    }
    return length
  }
}
