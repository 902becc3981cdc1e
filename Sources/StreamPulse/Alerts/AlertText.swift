import Configuration
import Events
import JSON
import Office
import Plan
import Storage

/// Alerts as text for a terminal.
enum AlertText {
  /// A line for each, under a heading.
  static func table(_ lines: [AlertListing.Line]) -> String {
    table(
      [
        "ID", "INCIDENT", "STATE", "SEVERITY", "ALERT", "KEY", "BEGAN", "WINDOWS", "PEAK", "ACKNOWLEDGED BY", "MESSAGE",
      ],
      lines.map {
        [
          "\($0.id)", $0.incident, $0.state, $0.severity, $0.alert, $0.key, $0.began, $0.windows, $0.peak,
          $0.acknowledgedBy, $0.message,
        ]
      })
  }

  static func line(_ silence: AlertListing.Silence) -> String {
    let every = silence.every.isEmpty ? "until \(silence.until) UTC" : "every \(silence.every)"
    let comment = silence.comment.isEmpty ? "" : ": \(printable(silence.comment))"
    return "silence \(silence.id): \(printable(silence.matcher)) \(every), by \(printable(silence.createdBy))\(comment)"
  }

  /// All there is to an alert, from what `AlertListing.document` gives.
  static func page(_ document: String) -> String {
    guard let members = (try? JSONValue(parsing: document))?.objectValue else { return document }
    var text = ""
    for member in members {
      switch (member.name, member.value) {
      case (_, .null): break
      case ("members", .array(let others)):
        for other in others { text += line("beside", other.text) }
      case ("notifications", .array(let messages)):
        for message in messages { text += line("message", message.text) }
      case (_, let value): text += line(member.name, value.stringValue ?? value.text)
      }
    }
    return text
  }

  private static func line(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(20 - name.count, 1)) + printable(value) + "\n"
  }

  // MARK: Backtests

  /// The incidents as a table, and the values of their keys as a picture.
  static func report(_ report: Backtest.Report, of alert: AlertPlan) -> String {
    var text = ""
    if !report.occurrences.isEmpty {
      text += table(
        ["INCIDENT", "BEGAN", "ENDED", "SEVERITY", "WINDOWS", "PEAK", "KEY", "MESSAGE"],
        report.occurrences.map {
          [
            "\($0.incident)", time($0.start), $0.end.map(time) ?? "goes on", $0.severity, "\($0.windows)",
            number($0.peak), key($0.key), $0.message,
          ]
        })
      text += "\n\n" + pictures(report) + "\n"
    }
    text +=
      "\(counted(report.incidents, "incident")) with \(counted(report.occurrences.count, "alert")) of \(alert.name)"
    return text + " in \(counted(report.windows, "window")) of \(counted(report.keys, "key"))"
  }

  /// Most keys that are drawn; the others are in the table.
  private static let drawnKeys = 20

  private static func pictures(_ report: Backtest.Report) -> String {
    var keys: [String] = []
    for occurrence in report.occurrences where !keys.contains(occurrence.key) { keys.append(occurrence.key) }
    let width = keys.prefix(drawnKeys).map { key($0).count }.max() ?? 0
    var lines: [String] = []
    for key in keys.prefix(drawnKeys) {
      guard let curve = report.curves[key] else { continue }
      let name = self.key(key)
      let values = curve.values.compactMap { $0 }.filter(\.isFinite)
      let range = "\(number(values.min() ?? 0)) to \(number(values.max() ?? 0))"
      lines.append(name + String(repeating: " ", count: width - name.count + 2) + spark(curve.values) + "  " + range)
      lines.append(
        String(repeating: " ", count: width + 2) + String(curve.isFiring.map { $0 ? "▔" : " " } as [Character]))
    }
    if keys.count > drawnKeys { lines.append("… and \(keys.count - drawnKeys) more keys") }
    return lines.joined(separator: "\n")
  }

  /// A character for each value, between the least and the greatest.
  static func spark(_ values: [Double?]) -> String {
    let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let known = values.compactMap { $0 }.filter(\.isFinite)
    guard let least = known.min(), let greatest = known.max() else {
      return String(repeating: " ", count: values.count)
    }
    let range = greatest - least
    return String(
      values.map { value -> Character in
        guard let value, value.isFinite else { return " " }
        guard range > 0 else { return blocks[0] }
        return blocks[min(Int((value - least) / range * Double(blocks.count)), blocks.count - 1)]
      })
  }

  // MARK: Words

  private static func table(_ heading: [String], _ rows: [[String]]) -> String {
    let rows = [heading] + rows.map { $0.map(printable) }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        + "  " + (row.last ?? "")
    }.joined(separator: "\n")
  }

  private static func time(_ microseconds: Int64) -> String { DateTimeText.timestamp(microseconds: microseconds) }

  private static func number(_ value: Double) -> String {
    MessageTemplate(pieces: [.value(name: "v", format: .plain)]).render(["v": .number(value)])
  }

  /// `shop=Berlin device=TV`.
  private static func key(_ document: String) -> String {
    let members = (try? JSONValue(parsing: document))?.objectValue ?? []
    return printable(members.map { "\($0.name)=\($0.value.stringValue ?? $0.value.text)" }.joined(separator: " "))
  }
}
