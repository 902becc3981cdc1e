import Events
import Plan
import SQLQuoting
import TimeZones

/// A call that names a window, in GROUP BY or in SELECT.
struct WindowCall {
  /// What a window is called by; each is a function of the database, too.
  static let names: Set<String> = ["tumble", "hop", "session"]

  /// What a window is made of at most: the view over its panes reads as many rows for each of a group.
  private static let maximumPanes: Int64 = 1_440
  private static let maximumMonths: Int64 = 1_200

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
    default: return try session()
    }
  }

  private var eventTime: String { quotedPath(columns.stream.eventTime) }

  private func tumble() throws(DefinitionError) -> WindowAssigner {
    let form = "write tumble(\(eventTime), INTERVAL '1 minute')"
    guard (2...3).contains(call.arguments.count), !call.isStar, call.filter == nil else {
      throw source.error(
        at: location,
        "tumble takes the event time, the size of the window, and a time zone where it is one of a calendar",
        hint: form)
    }
    try requireEventTime(form)
    let (size, location) = try interval(1, "the size of a window", form)
    let zone = call.arguments.count == 3 ? try timeZone(call.arguments[2]) : nil
    guard let length = try calendarLength(size, at: location, isInZone: zone != nil) else {
      return .tumble(sizeMicroseconds: try fixedLength(size, at: call.arguments[1].location, form))
    }
    // Days of UTC are all equally long.
    if zone?.name == "UTC", case .days(let days) = length {
      return .tumble(sizeMicroseconds: days * DateTime.microsecondsPerDay)
    }
    return .calendar(CalendarWindows(length: length, zone: zone?.name == "UTC" ? nil : zone))
  }

  /// nil: the size is of fixed length.
  private func calendarLength(
    _ size: Interval, at location: Int, isInZone: Bool
  ) throws(DefinitionError) -> CalendarWindows.Length? {
    if size.months > 0 {
      guard size.days == 0, size.microseconds == 0 else {
        throw source.error(
          at: location, "a window is of whole months, or of a fixed length, and not of both together",
          hint: "write INTERVAL '1 month', or INTERVAL '30 days'")
      }
      guard size.months <= Self.maximumMonths else {
        throw source.error(at: location, "a window is at most 100 years long")
      }
      return .months(size.months)
    }
    guard isInZone else { return nil }
    guard size.days > 0, size.microseconds == 0 else {
      throw source.error(
        at: location, "in a time zone a window is of whole days, weeks, months or years",
        hint: "write INTERVAL '1 day', or leave the time zone out")
    }
    guard size.days <= 366 else {
      throw source.error(at: location, "a window of days is at most 366 of them long", hint: "write INTERVAL '1 year'")
    }
    return .days(size.days)
  }

  private func timeZone(_ syntax: SyntaxExpression) throws(DefinitionError) -> ZoneRules {
    guard case .string(let name) = syntax.kind else {
      throw source.error(
        at: syntax.location, "the time zone of a window is a constant text", hint: SourceText.timeZoneForm)
    }
    return try source.timeZone(named: name, at: syntax.location)
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

  private func session() throws(DefinitionError) -> WindowAssigner {
    let form = "write session(\(eventTime), INTERVAL '30 minutes')"
    guard (2...3).contains(call.arguments.count), !call.isStar, call.filter == nil else {
      throw source.error(
        at: location,
        "session takes the event time, the gap that ends a session, and the longest that one may be where it has a bound",
        hint: form)
    }
    try requireEventTime(form)
    let gap = try length(1, "the gap that ends a session", form)
    guard call.arguments.count == 3 else { return .session(gapMicroseconds: gap, maximumMicroseconds: nil) }
    let maximum = try length(2, "the longest that a session may be", form)
    guard maximum > gap else {
      throw source.error(
        at: call.arguments[2].location, "a session may be no longer than the gap that ends it",
        hint: "the first interval is the gap, the second the longest that a session may be: "
          + "write session(\(eventTime), INTERVAL '30 minutes', INTERVAL '4 hours')")
    }
    return .session(gapMicroseconds: gap, maximumMicroseconds: maximum)
  }

  private func requireEventTime(_ form: String) throws(DefinitionError) {
    guard case .column(let path) = call.arguments[0].kind, columns.resolve(path) == columns.stream.eventTime else {
      throw source.error(
        at: call.arguments[0].location,
        columns.aggregate == nil
          ? "the window must be over the stream's event time"
          : "the window must be over window_start of the rows that the definition reads", hint: form)
    }
  }

  /// An argument that is a fixed length of time, in microseconds.
  private func length(_ index: Int, _ subject: String, _ form: String) throws(DefinitionError) -> Int64 {
    let (length, location) = try interval(index, subject, form)
    guard length.months == 0 else {
      throw source.error(
        at: location, "months and years have no fixed length", hint: "write the length in days or weeks, e.g. '30 days'"
      )
    }
    return try fixedLength(length, at: call.arguments[index].location, form)
  }

  /// An argument that is an interval, and where its text begins.
  private func interval(
    _ index: Int, _ subject: String, _ form: String
  ) throws(DefinitionError) -> (length: Interval, location: Int) {
    let syntax = call.arguments[index]
    guard case .cast(let constant, let type) = syntax.kind, type.name == "interval",
      case .string(let text) = constant.kind
    else {
      throw source.error(at: syntax.location, "\(subject) is a constant INTERVAL", hint: form)
    }
    do {
      return (try Interval(parsing: text), constant.location)
    } catch {
      throw source.error(at: constant.location, error.message, hint: error.hint)
    }
  }

  private func fixedLength(_ length: Interval, at location: Int, _ form: String) throws(DefinitionError) -> Int64 {
    let (days, overflow) = length.days.multipliedReportingOverflow(by: DateTime.microsecondsPerDay)
    let (sum, isTooLong) = days.addingReportingOverflow(length.microseconds)
    guard !overflow, !isTooLong, (1_000...366 * DateTime.microsecondsPerDay).contains(sum) else {
      throw source.error(at: location, "a window is between 1 millisecond and 366 days long", hint: form)
    }
    return sum
  }
}
