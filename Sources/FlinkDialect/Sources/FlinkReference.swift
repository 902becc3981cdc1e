import Events
import Plan

/// A table of reference data in Flink SQL: looked up by JDBC for each event, at the time when it is processed.
enum FlinkReference {
  static func tableName(_ reference: Reference) -> String { "\(reference.name)_lookup" }

  /// - Parameter used: the columns that aggregates read, and the key.
  static func statement(_ reference: Reference, used: Set<Int>, findings: inout FlinkFindings) -> String {
    if reference.validity != nil {
      findings.refuse(
        FlinkRefusal(
          subject: reference.name,
          message:
            "rows that are valid at the time of an event cannot be looked up by JDBC: Flink takes the row of now",
          hint: "leave the aggregates that are joined with it out with --without"))
    }
    var columns: [String] = []
    for index in used.sorted() {
      let column = reference.columns[index]
      switch column.type {
      case .boolean, .integer, .bigint, .doublePrecision, .text, .date:
        columns.append("\(FlinkText.identifier(column.name)) \(column.type.flinkName() ?? "STRING")")
      case .numeric(let scale):
        columns.append("\(FlinkText.identifier(column.name)) DECIMAL(\(column.precision ?? 38), \(scale))")
      default:
        findings.refuse(
          FlinkRefusal(
            subject: reference.name, word: column.name,
            message: "Flink's JDBC source reads no \(column.type.shortName)", hint: "leave the column out of aggregates"
          ))
      }
    }
    let refresh = FlinkText.duration(microseconds: reference.refreshMicroseconds)
    findings.remark(
      "\(reference.name): the row of the moment at which an event is processed counts, up to \(refresh) old, also in a run over old events."
    )
    return """
      CREATE TEMPORARY TABLE \(FlinkText.identifier(tableName(reference))) (
        \(columns.joined(separator: ",\n  "))
      ) WITH (
        'connector' = 'jdbc', 'url' = '${POSTGRES_JDBC_URL}', 'driver' = 'org.postgresql.Driver',
        'username' = '${POSTGRES_USER}', 'password' = '${POSTGRES_PASSWORD}',
        'table-name' = \(FlinkText.literal(reference.name)),
        'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100000',
        'lookup.partial-cache.expire-after-write' = \(FlinkText.literal(refresh))
      );
      """
  }
}
