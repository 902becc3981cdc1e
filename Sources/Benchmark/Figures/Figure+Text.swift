extension Figure {
  /// The figure as a JSON object on one line.
  ///
  /// - Parameter date: in ISO 8601.
  public func json(date: String) -> String {
    """
    {"bench":"\(bench)","unit":"\(unit)","ours":\(number(ours)),"limit":\(number(limit)),"ratio":\(number(ratio)),\
    "goal":"\(goal.text)","met":\(isMet),"rounds":\(rounds),"broker":"\(broker)","date":"\(date)"}
    """
  }

  private func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    return "\(value)"
  }

  private var cells: [String] {
    [
      bench, unit, Figure.text(ours, spread), limit.map { Figure.text($0, limitSpread) } ?? "-",
      ratio.map(short) ?? "-", goal.text, goal == .none ? "-" : isMet ? "yes" : "NO", String(rounds), broker,
    ]
  }

  private static func text(_ value: Double, _ spread: ClosedRange<Double>?) -> String {
    guard let spread, spread.lowerBound < spread.upperBound else { return short(value) }
    return "\(short(value)) (\(short(spread.lowerBound)) to \(short(spread.upperBound)))"
  }

  /// The figures as a table for people: medians, and in parentheses the smallest and the greatest round.
  public static func table(_ figures: [Figure]) -> String {
    let header = ["bench", "unit", "ours", "limit", "ratio", "goal", "met", "rounds", "broker"]
    let rows = [header] + figures.map(\.cells)
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return ([lines[0], rule] + lines.dropFirst()).map(trimmed).joined(separator: "\n")
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}
