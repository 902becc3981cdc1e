import Events
import SQLQuoting

@testable import PostgresOracle

/// A table of reference data: the rows that some events find, and some that none does.
struct RandomReference {
  struct Column {
    var name: String
    var type: SQLType
    var isNullable: Bool
  }

  struct Validity {
    /// The names of its columns; nil: there is none.
    var from: String?
    var to: String?
  }

  let name: String
  let key: [Column]
  /// What definitions use.
  let values: [Column]
  let validity: Validity?
  /// In the order of `columns`.
  var rows: [[Datum?]] = []

  /// Of the key, the values and the validity.
  var columns: [Column] {
    let bounds = [validity?.from, validity?.to].compactMap { $0 }
    return key + values + bounds.map { Column(name: $0, type: .timestamptz, isNullable: true) }
  }

  static let keyTypes: [SQLType] = [.text, .uuid, .integer, .bigint, .boolean, .date, .time, .timestamp, .timestamptz]

  /// - Parameters:
  ///   - keys: what the events look for: for each of them a value for each of `types`.
  ///   - times: of the events, in microseconds since 1970.
  init(
    name: String, types: [SQLType], keys: [[Datum?]], times: ClosedRange<Int64>, _ random: inout RandomValues
  ) {
    self.name = name
    key = types.enumerated().map { Column(name: "ref_k\($0 + 1)", type: $1, isNullable: false) }
    let wanted = [
      Column(name: "ref_label", type: .text, isNullable: random.chance(2)),
      Column(name: "Ref Tier", type: .integer, isNullable: true),
      Column(name: "ref_price", type: .numeric(scale: 2), isNullable: random.chance(2)),
      Column(name: "ref_rate", type: .doublePrecision, isNullable: true),
      Column(name: "ref_flag", type: .boolean, isNullable: random.chance(2)),
      Column(name: "ref_day", type: .date, isNullable: true),
    ]
    values = Array(wanted.shuffled(using: &random).prefix(Int.random(in: 2...4, using: &random)))
    let bounds = random.pick([(true, true), (true, true), (true, false), (false, true)])
    validity =
      random.chance(2)
      ? nil : Validity(from: bounds.0 ? "ref_since" : nil, to: bounds.1 ? "ref until" : nil)
    for key in Set(keys).sorted(by: { "\($0)" < "\($1)" }) where !random.chance(4) {
      add(key, during: times, &random)
    }
  }

  private mutating func add(_ key: [Datum?], during times: ClosedRange<Int64>, _ random: inout RandomValues) {
    guard let validity else {
      // No event finds a key with a NULL.
      if !key.contains(nil) || random.chance(2) { rows.append(key + value(&random)) }
      return
    }
    // Without one of its bounds a period leaves no room for others.
    let most = validity.from == nil || validity.to == nil ? 1 : 3
    let length = max((times.upperBound - times.lowerBound) / 3, 1)
    var start = times.lowerBound + Int64.random(in: -length...length, using: &random)
    for number in 0..<Int.random(in: 1...most, using: &random) {
      let end = start + Int64.random(in: 1...length, using: &random)
      let isLast = random.chance(5)
      let from: Datum? = number == 0 && random.chance(2) ? nil : .integer(start)
      let bounds = (validity.from == nil ? [] : [from]) + (validity.to == nil ? [] : [isLast ? nil : .integer(end)])
      rows.append(key + value(&random) + bounds)
      if isLast { break }
      start = random.chance(2) ? end : end + Int64.random(in: 1...length, using: &random)
    }
  }

  private func value(_ random: inout RandomValues) -> [Datum?] {
    values.map { column in
      if column.isNullable, random.chance(5) { return nil }
      return switch column.type {
      case .integer: .integer(Int64.random(in: -9...9, using: &random))
      case .numeric(let scale): .decimal(Int128(Int64.random(in: -999...9999, using: &random)), scale: scale)
      case .doublePrecision: .double(Double(Int.random(in: -40...40, using: &random)) / 4)
      case .boolean: .boolean(random.chance(2))
      case .date: .integer(Int64.random(in: 19_000...20_500, using: &random))
      default: .text(random.pick(["a", "B", "é", "", "ab", "日本", "a b"]))
      }
    }
  }

  /// The values of the row that a key names at a time; nil: there is none.
  func row(of key: [Datum?], at time: Int64) -> [Datum?]? {
    guard !key.contains(nil) else { return nil }
    return rows.first { row in
      guard Array(row.prefix(key.count)) == key else { return false }
      var bounds = row.suffix(columns.count - key.count - values.count)
      if validity?.from != nil, case .integer(let from)?? = bounds.popFirst(), time < from { return false }
      if validity?.to != nil, case .integer(let to)?? = bounds.popFirst(), time >= to { return false }
      return true
    }.map { Array($0[key.count..<key.count + values.count]) }
  }

  /// The declaration.
  var text: String {
    let items = columns.map { column in
      var type = column.type.shortName
      if case .numeric(let scale) = column.type { type = "numeric(12,\(scale))" }
      let isInKey = key.contains { $0.name == column.name }
      return "\(quotedIdentifier(column.name)) \(type)\(column.isNullable || isInKey ? "" : " NOT NULL")"
    }
    let names = (key.map(\.name) + [validity?.from ?? validity?.to].compactMap { $0 }).map(quotedIdentifier)
    let options = [("valid_from", validity?.from), ("valid_to", validity?.to)].compactMap { option, name in
      name.map { "\(option) = '\($0)'" }
    }
    let list = options.isEmpty ? "" : " WITH (\(options.joined(separator: ", ")))"
    return "CREATE TABLE \(name) (\(items.joined(separator: ", ")), UNIQUE (\(names.joined(separator: ", "))))\(list);"
  }
}
