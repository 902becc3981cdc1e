import Plan
import SQLQuoting

extension ViewPlan {
  /// The statement that creates it, in the first schema of the search path.
  public var createStatement: LocatedStatement {
    LocatedStatement(.own("CREATE VIEW \(quotedIdentifier(name)) AS\n"), .file(select))
  }

  /// The statements that set the comments of the view and its columns, which may change at any time.
  public var commentStatements: [String] {
    let text = comment.isEmpty ? "NULL" : quotedLiteral(comment)
    return ["COMMENT ON VIEW \(quotedIdentifier(name)) IS \(text)"]
      + columnComments.map {
        "COMMENT ON COLUMN \(quotedIdentifier(name)).\(quotedIdentifier($0.column)) IS \(quotedLiteral($0.text))"
      }
  }
}
