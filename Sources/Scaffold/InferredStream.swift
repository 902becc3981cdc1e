import JSON
import SQLQuoting

/// A stream's columns as a sample suggests them, and what of them makes a first aggregate.
///
/// Types are the widest that the sample allows, since a value that does not fit is a dead letter: whole numbers are `bigint`,
/// other numbers `double precision`, members of several kinds `jsonb`.
struct InferredStream {
  struct Column {
    var name: String
    var type: String
    var path: [String]
    /// Of a number that counts since 1970.
    var unit: String?
    var isNotNull: Bool
    var field: SampledFields.Field

    /// As a column of CREATE FOREIGN TABLE.
    var declaration: String {
      var options: [String] = []
      if path != [name] { options.append("path \(quotedLiteral(Self.pathText(path)))") }
      if let unit { options.append("unit '\(unit)'") }
      return quotedIdentifier(name) + " " + type
        + (options.isEmpty ? "" : " OPTIONS (\(options.joined(separator: ", ")))")
        + (isNotNull ? " NOT NULL" : "")
    }

    /// Names with other characters than these stand in double quotes (docs/definitions.md, Declared columns).
    private static func pathText(_ path: [String]) -> String {
      path.map { name in
        let isPlain =
          !name.isEmpty
          && name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
              || [0x5f, 0x2d, 0x24, 0x40].contains($0)
          }
        return isPlain ? name : "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
      }.joined(separator: ".")
    }
  }

  var columns: [Column]
  /// nil: no member is a time, and the record's own counts.
  var eventTime: Column?
  /// The column that groups; nil: none has few enough values.
  var key: Column?
  /// Numbers whose means are worth a look.
  var measures: [Column]

  private static let timeNames = [
    "event_time", "timestamp", "time", "ts", "at", "datetime", "created_at", "occurred_at",
  ]
  private static let keyNames = [
    "type", "kind", "category", "status", "country", "name", "source", "service",
  ]
  /// More different values than this make too many lines of a chart.
  private static let mostKeyValues = 200
  private static let mostMeasures = 3
  private static let longestName = 40

  init(_ sample: SampledFields) {
    var names: Set<String> = ["window_start", "window_end", "updated_at"]
    columns = sample.leaves.map { field in Self.column(field, in: sample, &names) }
    eventTime = columns.filter { $0.type == "timestamptz" && $0.isNotNull }.min { Self.rank($0) < Self.rank($1) }
    let time = eventTime?.path
    let groups = columns.filter {
      $0.type == "text" && $0.path != time && $0.field.distinct.count <= Self.mostKeyValues
        && $0.field.distinct.count * 2 <= max(2, $0.field.values)
    }
    key = groups.min { (Self.keyRank($0), $0.field.distinct.count) < (Self.keyRank($1), $1.field.distinct.count) }
    measures = Array(
      columns.filter { ["bigint", "double precision"].contains($0.type) && !$0.name.hasSuffix("id") }
        .prefix(Self.mostMeasures))
  }

  private static func rank(_ column: Column) -> Int {
    timeNames.firstIndex(of: column.name) ?? timeNames.firstIndex { column.name.hasSuffix("_" + $0) } ?? timeNames.count
  }

  private static func keyRank(_ column: Column) -> Int {
    keyNames.firstIndex { column.name == $0 || column.name.hasSuffix("_" + $0) } ?? keyNames.count
  }

  private static func column(
    _ field: SampledFields.Field, in sample: SampledFields, _ names: inout Set<String>
  ) -> Column {
    let name = unused(snakeCase(field.path.joined(separator: "_")), &names)
    let (type, unit) = type(of: field, name: name)
    return Column(
      name: name, type: type, path: field.path, unit: unit, isNotNull: field.values == sample.objects, field: field)
  }

  private static func type(of field: SampledFields.Field, name: String) -> (type: String, unit: String?) {
    if field.others > 0 { return ("jsonb", nil) }
    return switch field.values {
    case field.booleans: ("boolean", nil)
    case field.integers: unit(of: field, name: name).map { ("timestamptz", $0) } ?? ("bigint", nil)
    case field.numbers: ("double precision", nil)
    case field.times: ("timestamptz", nil)
    case field.uuids: ("uuid", nil)
    case field.texts: ("text", nil)
    default: ("jsonb", nil)
    }
  }

  /// The unit of whole numbers that are times of 2001 to 2100, and are called so.
  private static func unit(of field: SampledFields.Field, name: String) -> String? {
    guard timeNames.contains(where: { name == $0 || name.hasSuffix("_" + $0) }) else { return nil }
    let units: [(String, Double)] = [
      ("seconds", 1), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9),
    ]
    return units.first { _, factor in
      field.least >= 978_307_200 * factor && field.greatest < 4_102_444_800 * factor
    }?.0
  }

  /// `userID.firstName` as `user_id_first_name`: what is no letter, digit or _ becomes _.
  static func snakeCase(_ name: String) -> String {
    var result = ""
    var previous: Character = "_"
    for character in name {
      if character.isASCII, character.isUppercase, previous.isLowercase || previous.isNumber { result += "_" }
      let isKept = character.isASCII && (character.isLetter || character.isNumber)
      if isKept { result += character.lowercased() } else if !result.hasSuffix("_") { result += "_" }
      previous = character
    }
    while result.hasSuffix("_") { result.removeLast() }
    while result.hasPrefix("_") { result.removeFirst() }
    if result.isEmpty { result = "field" }
    return result.first?.isNumber == true ? "_" + result : String(result.prefix(longestName))
  }

  private static func unused(_ name: String, _ names: inout Set<String>) -> String {
    var number = 2
    var candidate = name
    while !names.insert(candidate).inserted {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }
}
