/// A value that a client may give to an endpoint.
public struct EndpointParameter: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    /// 64 bits.
    case integer
    case text
    /// `true` or `false`.
    case boolean
  }

  public var name: String
  public var kind: Kind
  /// Taken when the client gives none, or an empty one. nil: SQL NULL is.
  public var defaultValue: String?
  /// Bounds of an integer, inclusive.
  public var minimum: Int?
  public var maximum: Int?
  /// Empty: every value of the kind is allowed.
  public var allowedValues: [String]
  public var description: String

  public init(
    name: String, kind: Kind, defaultValue: String? = nil, minimum: Int? = nil, maximum: Int? = nil,
    allowedValues: [String] = [], description: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.minimum = minimum
    self.maximum = maximum
    self.allowedValues = allowedValues
    self.description = description
  }
}

/// One GET route that a query answers.
public struct Endpoint: Hashable, Sendable {
  public enum Shape: String, Hashable, Sendable {
    /// `{"data":[…],"count":…}`
    case rows
    case object
  }

  /// Begins with `/`.
  public var path: String
  public var summary: String
  /// In the order of the query's `$1`, `$2`, …
  public var parameters: [EndpointParameter]
  public var shape: Shape
  /// Gives one row with one text column: the answer's JSON.
  public var sql: String

  public init(path: String, summary: String, parameters: [EndpointParameter], shape: Shape, sql: String) {
    self.path = path
    self.summary = summary
    self.parameters = parameters
    self.shape = shape
    self.sql = sql
  }
}
