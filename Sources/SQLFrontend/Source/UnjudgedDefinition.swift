/// A definition that builds on one that something is wrong with: whether it is right cannot be said before that is.
public struct UnjudgedDefinition: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Hashable, Sendable {
    case aggregate
    case view
    case alert
    case endpoint
  }

  public var kind: Kind
  /// An aggregate's, a view's or an alert's name, an endpoint's route.
  public var name: String
  /// The stream or the aggregate that something is wrong with.
  public var cause: String

  public init(_ kind: Kind, _ name: String, cause: String) {
    self.kind = kind
    self.name = name
    self.cause = cause
  }

  /// `alert MANY_FAILURES, which needs error_stats`.
  public var description: String { "\(kind.rawValue) \(name), which needs \(cause)" }
}

/// A definition in whose own file nothing is wrong.
public enum Judged<Plan: Sendable>: Sendable {
  case right(Plan)
  case unjudged(UnjudgedDefinition)
}
