/// A `CREATE VIEW` over aggregates and other views: it stores nothing, Postgres computes it whenever it is read.
public struct ViewPlan: Hashable, Sendable {
  /// A comment above a column of the SELECT list.
  public struct ColumnComment: Hashable, Sendable {
    public var column: String
    public var text: String

    public init(column: String, text: String) {
      self.column = column
      self.text = text
    }
  }

  public var name: String
  /// Comment on the view: the definition file's header comment.
  public var comment: String
  /// Columns without a comment are left out.
  public var columnComments: [ColumnComment]
  /// The tables and views that it reads by bare names, in the order of the text: aggregates, other views, and what only
  /// the database knows.
  public var reads: [String]
  /// Whether it also reads what it names with a schema.
  public var readsOtherSchemas = false
  /// How pages show columns, by their names; of those of which nothing is said there is nothing.
  public var presentation: [String: ColumnPresentation] = [:]
  /// The file's SELECT.
  public var select: FileText

  public init(name: String, comment: String, columnComments: [ColumnComment], reads: [String], select: FileText) {
    self.name = name
    self.comment = comment
    self.columnComments = columnComments
    self.reads = reads
    self.select = select
  }
}

extension [ViewPlan] {
  /// Those that read one of the relations, directly or by way of others of these views.
  ///
  /// The views stand behind those that they read.
  public func reading(_ relations: Set<String>) -> [ViewPlan] {
    var names = relations
    return filter { view in
      guard view.reads.contains(where: names.contains) else { return false }
      names.insert(view.name)
      return true
    }
  }

  /// Those of these names, and what they read of the others, in the same order.
  public func needed(for names: Set<String>) -> [ViewPlan] {
    var names = names
    let needed = reversed().filter { view in
      guard names.contains(view.name) else { return false }
      names.formUnion(view.reads)
      return true
    }
    return needed.reversed()
  }
}
