import Events
import Plan

/// A window in Flink SQL: a call of a window table function, and what its rows are called.
struct FlinkWindow {
  /// Over the view of the aggregate's rows.
  var call: String
  var start = "window_start"
  var end = "window_end"
  /// A column of the view beside: which piece of a cut session an event is in.
  var cell: String?

  /// - Parameters:
  ///   - isPanes: whether rows are the panes of windows that overlap.
  ///   - keys: the view's columns that group rows.
  init(_ plan: AggregatePlan, isPanes: Bool, rows: String, keys: [String], findings: inout FlinkFindings) {
    let table = "TABLE \(FlinkText.identifier(rows))"
    let time = "DESCRIPTOR(\(FlinkSource.eventTime))"
    func refuse(_ word: String, _ message: String, _ hint: String, _ findings: inout FlinkFindings) {
      findings.refuse(FlinkRefusal(subject: plan.name, word: word, message: message, hint: hint))
    }
    func fixed(_ size: Int64) -> String {
      let offset = WindowAssigner.origin % size
      return "TUMBLE(\(table), \(time), \(FlinkText.interval(microseconds: size))"
        + (offset == 0 ? ")" : ", \(FlinkText.interval(microseconds: offset)))")
    }
    call = ""
    switch isPanes ? plan.window.ofPanes : plan.window {
    case .tumble(let size):
      guard size % 1_000 == 0 else {
        refuse("tumble", "Flink counts milliseconds", "write whole ones", &findings)
        return
      }
      call = fixed(size)
    case .hop(let slide, let size):
      guard slide % 1_000 == 0, size % slide == 0 else {
        refuse(
          "hop", "Flink's HOP takes whole milliseconds, and a size that is a multiple of the slide",
          "write such a size", &findings)
        return
      }
      let offset = WindowAssigner.origin % slide
      call =
        "HOP(\(table), \(time), \(FlinkText.interval(microseconds: slide)), \(FlinkText.interval(microseconds: size))"
        + (offset == 0 ? ")" : ", \(FlinkText.interval(microseconds: offset)))")
    case .calendar(let windows):
      let zone = windows.zone?.name
      guard case .days(let count) = windows.length, zone == nil || zone == "UTC" || zone == "Etc/UTC",
        CalendarDate.microsecondsPerDay % (windows.grain ?? CalendarDate.microsecondsPerDay) == 0
      else {
        refuse(
          "tumble", "Flink has no windows of months, nor of a time zone's days beside those of the job's zone",
          "count days in UTC, or leave the aggregate out with --without \(plan.name)", &findings)
        return
      }
      call = fixed(count * CalendarDate.microsecondsPerDay)
    case .session(let gap, let maximum):
      guard gap % 1_000 == 0, gap > 1_000, (maximum ?? 1_000_000) % 1_000_000 == 0 else {
        refuse(
          "session", "Flink counts milliseconds", "write a gap of whole milliseconds and a maximum of whole seconds",
          &findings)
        return
      }
      var partition = keys
      end = "(window_end + INTERVAL '0.001' SECOND(2, 3))"
      if let maximum {
        let seconds = maximum / 1_000_000
        let piece = "`session piece`"
        let since =
          "TIMESTAMPDIFF(SECOND, TIMESTAMP '2000-01-01 00:00:00', CAST(\(FlinkSource.eventTime) AS TIMESTAMP(3)))"
        cell = "FLOOR(CAST(\(since) AS DOUBLE) / \(seconds)) AS \(piece)"
        partition.append(piece)
        let cut =
          "TIMESTAMPADD(SECOND, CAST((\(piece) + 1) * \(seconds) AS INT), TIMESTAMP '2000-01-01 00:00:00')"
        end = "LEAST(\(end), CAST(\(cut) AS TIMESTAMP(3)))"
      }
      let by = partition.isEmpty ? "" : " PARTITION BY (\(partition.joined(separator: ", ")))"
      // Flink also joins events that follow each other by exactly the gap.
      call = "SESSION(\(table)\(by), \(time), \(FlinkText.interval(microseconds: gap - 1_000)))"
    }
  }

  /// Columns that group rows beside the keys.
  var pieces: [String] { cell == nil ? [] : ["`session piece`"] }
}
