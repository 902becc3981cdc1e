import Hexadecimal

/// An endpoint: its parameters and the SELECT that answers it.
public struct EndpointPlan: Hashable, Sendable {
  public enum Returns: String, Hashable, Sendable, CaseIterable {
    /// `{"data": […], "count": …}` and the meta members.
    case rows
    /// The members of the only row.
    case object
  }

  /// A member beside `data` and `count`.
  public struct Meta: Hashable, Sendable {
    public var name: String
    /// An expression with `$1`, `$2`, ….
    public var sql: FileText

    public init(name: String, sql: FileText) {
      self.name = name
      self.sql = sql
    }
  }

  /// What the definition says of a column of the result that the database cannot know.
  public struct ColumnNote: Hashable, Sendable {
    public var column: String
    /// The comment above it; may be empty.
    public var comment: String
    public var isNeverNull: Bool

    public init(column: String, comment: String, isNeverNull: Bool) {
      (self.column, self.comment, self.isNeverNull) = (column, comment, isNeverNull)
    }
  }

  /// What the API answers by itself, whatever the endpoints are. `/metrics`, `/ping`, `/version` and `/docs`, which it
  /// answers as well, may be taken.
  private static let builtInPaths: Set<String> = [
    "/", "/health", "/-/metrics", "/openapi.json", aggregatesPath, socketPath,
  ]

  /// Where clients subscribe to endpoints and alerts over a WebSocket.
  public static let socketPath = "/api/stream"

  /// The list of what a project computes; below it stands each aggregate and each view by its name.
  public static let aggregatesPath = "/api/aggregates"

  /// Where the rows of an aggregate or a view are asked for, as a URL has it.
  public static func rowsPath(of relation: String) -> String {
    "\(aggregatesPath)/\(percentEncoded(relation))"
  }

  /// Whether the API answers the path by itself.
  public static func isBuiltIn(path: String) -> Bool {
    builtInPaths.contains(path) || path.hasPrefix(aggregatesPath + "/")
  }

  /// `GET`, `POST` or, of what every API has, `DELETE`.
  public var method: String
  /// `/api/stats/trending`, or with parameters in it `/metrics/city/{city_id}`.
  public var path: PathTemplate
  /// One line; never empty.
  public var summary: String
  /// In the order of `$1`, `$2`, …. Every one occurs in the statement.
  public var parameters: [Parameter]
  public var returns: Returns
  public var meta: [Meta]
  /// The file's SELECT with `$1`, `$2`, … in place of the parameters.
  public var select: FileText
  /// The tables and views that its statement names: what it answers can change when their rows do. nil: that cannot be
  /// told, since one of them is in a schema that it names.
  public var reads: Set<String>?
  /// Of columns that there is something to say of.
  public var notes: [ColumnNote] = []
  /// A column that is never NULL in its table may be so in the result.
  public var mayAddNulls = true
  /// The SELECT as it is written.
  public var sql = ""
  /// Only for who has the scope `admin`; each answer is an entry in the audit log where `isAudited`.
  public var isAdministrative = false
  public var isAudited = false
  /// What every API has, rather than what a project defines.
  public var isOwn = false

  /// Whether it changes something: its SELECT calls functions that do.
  public var isWrite: Bool { method != "GET" }

  public init(
    method: String, path: PathTemplate, summary: String, parameters: [Parameter], returns: Returns, meta: [Meta],
    select: FileText, reads: Set<String>? = nil
  ) {
    self.method = method
    self.path = path
    self.summary = summary
    self.parameters = parameters
    self.returns = returns
    self.meta = meta
    self.select = select
    self.reads = reads
  }

  /// The same where the engine's own schema, which definitions call `pulse`, has this name, quoted.
  public func naming(books name: String) -> EndpointPlan {
    var plan = self
    plan.select = select.naming(books: name)
    for index in meta.indices { plan.meta[index].sql = meta[index].sql.naming(books: name) }
    return plan
  }
}
