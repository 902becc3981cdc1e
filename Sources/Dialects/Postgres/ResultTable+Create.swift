import Events
import Plan
import SQLQuoting

extension ResultTable {
  /// The statements that create the table, with its comments, in order.
  public var createStatements: [String] {
    [createTable] + createPartitions + [sessionIndex].compactMap { $0 } + commentStatements
  }

  /// The statements that set the comments of the table and its columns, which may change at any time.
  public var commentStatements: [String] {
    comments.map { comment in
      let object = comment.column.map { "COLUMN \(reference).\(quotedIdentifier($0))" } ?? "TABLE \(reference)"
      return "COMMENT ON \(object) IS \(quotedLiteral(comment.text))"
    }
  }

  /// A comment on the table, or on one of its columns.
  public struct Comment: Hashable, Sendable {
    /// nil: the table's.
    public var column: String?
    public var text: String
  }

  /// The comments that they set.
  public var comments: [Comment] {
    [Comment(column: nil, text: tableComment)]
      + columns.filter { !$0.comment.isEmpty }.map { Comment(column: $0.name, text: $0.comment) }
  }

  /// The statement that adds columns of the plan to a table which was made without them. It writes all rows anew.
  public func addStatement(columns names: [String]) -> String {
    let added = columns.filter { names.contains($0.name) }.map { "ADD COLUMN \(definition($0))" }
    return "ALTER TABLE \(reference) \(added.joined(separator: ", "))"
  }

  private var tableComment: String { plan.hasStateTable ? comment : plan.readersComment }

  private var createTable: String {
    let definitions = columns.map { "  " + definition($0) } + ["  " + constraint]
    return """
      CREATE TABLE \(reference) (
      \(definitions.joined(separator: ",\n"))
      ) \(plan.partitionMicroseconds == nil ? Self.storage : "PARTITION BY RANGE (window_start)")
      """
  }

  /// A hot row changes many times a second: room in the page keeps its new versions there (heap-only updates, for which no
  /// index may be on a measure), and vacuum must not wait for a fifth of the table to be dead.
  static let storage = """
    WITH (
      fillfactor = 60,
      autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
      autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05,
      autovacuum_vacuum_cost_delay = 0
    )
    """

  private func definition(_ column: Column) -> String {
    // Bytes decide in the engine; with them an index does not change when the system's collations do.
    let collation = column.type == .text ? " COLLATE \"C\"" : ""
    let start = "\(quotedIdentifier(column.name)) \(column.type.sqlName)\(collation)"
    return switch column.role {
    case .generated(let sql): "\(start) GENERATED ALWAYS AS (\(plan.safeSQL(ofResult: column.name) ?? sql)) STORED"
    case .updatedAt: "\(start) NOT NULL DEFAULT now()"
    default: column.isNullable ? start : "\(start) NOT NULL"
    }
  }

  private var constraint: String {
    let list = identity.map(quotedIdentifier).joined(separator: ", ")
    return plan.keys.contains(where: \.isNullable)
      ? "UNIQUE NULLS NOT DISTINCT (\(list))" : "PRIMARY KEY (\(list))"
  }
}
