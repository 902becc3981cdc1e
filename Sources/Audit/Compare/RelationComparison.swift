import Faults
import Postgres
import SQLQuoting

/// Where the rows of two tables or views differ, key by key: two definitions of the same events, beside each other.
public struct RelationComparison {
  /// What came of it.
  public struct Report: Sendable {
    /// Rows that both have, by their keys, equal or not.
    public var common = 0
    public var onlyFirst = 0
    public var onlySecond = 0
    /// Of the common ones, those in which a column differs.
    public var different = 0
    /// How many rows differ in each column, of the columns in which some do.
    public var columns: [(name: String, rows: Int)] = []
    /// Columns that the other one does not have.
    public var onlyFirstColumns: [String] = []
    public var onlySecondColumns: [String] = []
    /// Some differences, as JSON objects of the keys and of what differs.
    public var examples: [String] = []

    public var isEqual: Bool { onlyFirst == 0 && onlySecond == 0 && different == 0 }
  }

  /// Floats are sums in any order, so that the last digits say nothing.
  private static let tolerance = "1e-9"
  private static let maximumExamples = 10

  private let connection: PostgresConnection
  private let first: String
  private let second: String

  private struct Column {
    var type: String
    var isFloat: Bool
    /// An array, of which an array of arrays cannot be told apart.
    var isArray: Bool
  }

  /// - Parameters:
  ///   - connection: is used for this alone.
  ///   - first: a table or view, as SQL names it when it is quoted.
  public init(_ connection: PostgresConnection, _ first: String, _ second: String) {
    self.connection = connection
    self.first = first
    self.second = second
  }

  /// - Parameters:
  ///   - keys: the columns by which rows belong together; nil: those of a unique index of the first or the second.
  ///   - time: windows that begin earlier are left out, where both have a `window_start`; nil: none is.
  public func run(by keys: [String]?, from time: String?) throws(PipelineError) -> Report {
    do {
      return try compare(keys, time)
    } catch {
      throw PipelineError(error)
    }
  }

  private func compare(_ named: [String]?, _ time: String?) throws -> Report {
    let (left, right) = (try columns(of: first), try columns(of: second))
    let keys = try named ?? uniqueColumns(of: first) ?? uniqueColumns(of: second)
    guard let keys, !keys.isEmpty else {
      throw PipelineError.definition(
        "neither \(first) nor \(second) has a key by which rows belong together\n"
          + "  hint: name the columns: --key shop,window_start")
    }
    for key in keys {
      for (relation, known) in [(first, left), (second, right)] where known[key] == nil {
        throw PipelineError.definition(
          "\(relation) has no column \(key), which is part of the key\n  hint: name the columns: --key shop,window_start"
        )
      }
    }
    var report = Report()
    report.onlyFirstColumns = left.keys.filter { right[$0] == nil }.sorted()
    report.onlySecondColumns = right.keys.filter { left[$0] == nil }.sorted()
    let values = left.keys.filter { right[$0] != nil && !keys.contains($0) }.sorted()
    let pairs = self.pairs(keys, values, left, right, isBounded: time != nil && keys.contains("window_start"))
    let parameters: [PostgresParameter] =
      time != nil && keys.contains("window_start") ? [.untyped(time ?? "")] : []
    try count(pairs, values, parameters, &report)
    if !report.isEqual { report.examples = try examples(pairs, keys, values, parameters) }
    return report
  }

  /// One row for each key, with the values of both sides.
  private func pairs(
    _ keys: [String], _ values: [String], _ left: [String: Column], _ right: [String: Column], isBounded: Bool
  ) -> String {
    func side(_ number: Int, _ relation: String) -> String {
      let list = keys + values
      let columns = list.map { name -> String in
        let (a, b) = (left[name], right[name])
        let isPlain = a?.type == b?.type && a?.isArray != true
        return quotedIdentifier(name) + (isPlain ? "" : "::text AS \(quotedIdentifier(name))")
      }
      let bound = isBounded ? " WHERE window_start >= $1::timestamptz" : ""
      return "SELECT \(number) AS \"side?\", \(columns.joined(separator: ", ")) FROM \(relation)\(bound)"
    }
    let compared = values.enumerated().map { index, name -> String in
      let column = quotedIdentifier(name)
      return (1...2).map { "(array_agg(\(column)) FILTER (WHERE \"side?\" = \($0)))[1] AS \"v\(index)?\($0)\"" }
        .joined(separator: ", ")
    }
    let differing = values.enumerated().map { index, name -> String in
      let (a, b) = ("\"v\(index)?1\"", "\"v\(index)?2\"")
      guard left[name]?.isFloat == true, left[name]?.type == right[name]?.type else {
        return "\(a) IS DISTINCT FROM \(b) AS \"d\(index)?\""
      }
      return """
        (CASE WHEN abs(\(a)) < 'Infinity' AND abs(\(b)) < 'Infinity'
              THEN abs(\(a) - \(b)) > \(Self.tolerance) * greatest(abs(\(a)), abs(\(b)))
              ELSE \(a) IS DISTINCT FROM \(b) END) AS "d\(index)?"
        """
    }
    let list = keys.map { quotedIdentifier($0) }.joined(separator: ", ")
    let counts = (1...2).map { "count(*) FILTER (WHERE \"side?\" = \($0)) AS \"n?\($0)\"" }
    return """
      WITH grouped AS (
        SELECT \(([list] + counts + compared).joined(separator: ", "))
        FROM (\(side(1, first)) UNION ALL \(side(2, second))) AS both_sides GROUP BY \(list)),
      pairs AS (SELECT *\(differing.map { ", " + $0 }.joined()) FROM grouped)
      """
  }

  private func count(
    _ pairs: String, _ values: [String], _ parameters: [PostgresParameter], _ report: inout Report
  ) throws {
    let isCommon = "\"n?1\" > 0 AND \"n?2\" > 0"
    let any = values.isEmpty ? "false" : values.indices.map { "\"d\($0)?\"" }.joined(separator: " OR ")
    let each = values.indices.map { ", count(*) FILTER (WHERE \(isCommon) AND \"d\($0)?\")" }.joined()
    let found = try connection.query(
      """
      \(pairs)
      SELECT count(*) FILTER (WHERE \(isCommon)), count(*) FILTER (WHERE "n?2" = 0), count(*) FILTER (WHERE "n?1" = 0),
             count(*) FILTER (WHERE \(isCommon) AND (\(any))), max(greatest("n?1", "n?2"))\(each)
      FROM pairs
      """, parameters)
    if let most = found.integer(0, 4), most > 1 {
      throw PipelineError.definition(
        "several rows of one of them have the same key\n  hint: name all columns of the key: --key shop,window_start")
    }
    let numbers = (0..<4).map { Int(found.integer(0, $0) ?? 0) }
    (report.common, report.onlyFirst, report.onlySecond, report.different) =
      (numbers[0], numbers[1], numbers[2], numbers[3])
    for (index, name) in values.enumerated() {
      let rows = Int(found.integer(0, 5 + index) ?? 0)
      if rows > 0 { report.columns.append((name, rows)) }
    }
  }

  private func examples(
    _ pairs: String, _ keys: [String], _ values: [String], _ parameters: [PostgresParameter]
  ) throws -> [String] {
    let any = (["\"n?1\" = 0", "\"n?2\" = 0"] + values.indices.map { "\"d\($0)?\"" }).joined(separator: " OR ")
    let key = keys.map { "\(quotedLiteral($0)), \(quotedIdentifier($0))" }.joined(separator: ", ")
    let compared = values.enumerated().map { index, name in
      """
       || CASE WHEN "n?1" > 0 AND "n?2" > 0 AND "d\(index)?"
               THEN jsonb_build_object(\(quotedLiteral(name)), jsonb_build_array("v\(index)?1", "v\(index)?2"))
               ELSE '{}' END
      """
    }.joined()
    let found = try connection.query(
      """
      \(pairs)
      SELECT CASE WHEN "n?2" = 0 THEN 'only in ' || \(quotedLiteral(first)) || ': '
                  WHEN "n?1" = 0 THEN 'only in ' || \(quotedLiteral(second)) || ': ' ELSE '' END
             || (jsonb_build_object(\(key))\(compared))::text
      FROM pairs WHERE \(any) ORDER BY \(keys.map { quotedIdentifier($0) }.joined(separator: ", "))
      LIMIT \(Self.maximumExamples)
      """, parameters)
    return (0..<found.rowCount).compactMap { found[$0, 0] }
  }

  // MARK: Columns

  private func columns(of relation: String) throws -> [String: Column] {
    let found = try connection.query(
      """
      SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid IN ('real'::regtype, 'double precision'::regtype),
             t.typcategory = 'A'
      FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
      """, [.text(relation)])
    guard found.rowCount > 0 else {
      throw PipelineError.definition("there is no table or view \(relation)")
    }
    var columns: [String: Column] = [:]
    for row in 0..<found.rowCount {
      columns[found[row, 0] ?? ""] = Column(
        type: found[row, 1] ?? "", isFloat: found.boolean(row, 2) == true, isArray: found.boolean(row, 3) == true)
    }
    return columns
  }

  private func uniqueColumns(of relation: String) throws -> [String]? {
    let found = try connection.query(
      """
      SELECT a.attname FROM pg_attribute AS a
      JOIN (SELECT indrelid, indkey FROM pg_index
            WHERE indrelid = to_regclass($1) AND indisunique AND indpred IS NULL AND 0 <> ALL (indkey::smallint[])
            ORDER BY indisprimary DESC, indexrelid LIMIT 1) AS i
        ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      ORDER BY a.attnum
      """, [.text(relation)])
    return found.rowCount > 0 ? (0..<found.rowCount).compactMap { found[$0, 0] } : nil
  }
}
