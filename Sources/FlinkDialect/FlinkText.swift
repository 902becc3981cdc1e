import Events
import SQLQuoting

/// Texts as Flink SQL writes them.
enum FlinkText {
  /// `` `name` ``
  static func identifier(_ name: String) -> String {
    "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
  }

  static func literal(_ text: String) -> String { quotedLiteral(text) }

  /// `INTERVAL '5' MINUTE`, in the largest unit that has it whole. Whole milliseconds.
  static func interval(microseconds: Int64) -> String {
    let units: [(name: String, length: Int64)] = [
      ("DAY", CalendarDate.microsecondsPerDay), ("HOUR", 3_600_000_000), ("MINUTE", 60_000_000), ("SECOND", 1_000_000),
    ]
    for unit in units where microseconds != 0 && microseconds % unit.length == 0 {
      let count = String(microseconds / unit.length)
      return "INTERVAL '\(count)' \(unit.name)\(count.count > 2 ? "(\(count.count))" : "")"
    }
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let whole = String(seconds)
    let places = String(rest / 1_000)
    let fraction = String(repeating: "0", count: 3 - places.count) + places
    return "INTERVAL '\(whole).\(fraction)' SECOND(\(max(2, whole.count)), 3)"
  }

  /// `90 s`, as options of tables have it.
  static func duration(microseconds: Int64) -> String { "\(microseconds / 1_000) ms" }
}

extension SQLType {
  /// The type in Flink SQL; nil where there is none of the same values.
  func flinkName(precision: Int? = nil) -> String? {
    switch self {
    case .boolean: "BOOLEAN"
    case .integer: "INT"
    case .bigint: "BIGINT"
    case .numeric(let scale): scale <= 38 && scale >= 0 ? "DECIMAL(\(min(38, precision ?? 38)), \(scale))" : nil
    case .doublePrecision: "DOUBLE"
    case .text, .uuid: "STRING"
    case .timestamptz: "TIMESTAMP_LTZ(6)"
    case .timestamp: "TIMESTAMP(6)"
    case .date: "DATE"
    case .array(let element): element.type.flinkName().map { "ARRAY<\($0)>" }
    case .bytea, .time, .interval, .jsonb, .bits: nil
    }
  }

  /// In a sink, where Postgres reads texts as the type of its column: no time of a JVM's own zone is between.
  var sinkName: String? {
    switch self {
    case .timestamptz, .timestamp, .date: "STRING"
    default: flinkName()
    }
  }
}
