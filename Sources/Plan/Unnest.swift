import Events

/// `UNNEST(items) AS item` in a definition's FROM: an event becomes a row for each element of an array, and none when the
/// array is NULL or empty.
public struct Unnest: Hashable, Sendable {
  public enum Function: String, Hashable, Sendable, CaseIterable {
    /// Of an array.
    case unnest
    /// Of a `jsonb` that is an array: the elements as `jsonb`.
    case jsonbElements = "jsonb_array_elements"
    /// The same as text.
    case jsonbTexts = "jsonb_array_elements_text"
  }

  /// An event with more elements is a dead letter.
  public static let maximumElements = 10_000

  public var function: Function
  /// Over the columns of the stream.
  public var array: Expression
  public var element: UnnestedElement

  public init(function: Function, array: Expression, element: UnnestedElement) {
    self.function = function
    self.array = array
    self.element = element
  }
}

/// One element of the array, in expressions over the rows.
public struct UnnestedElement: Hashable, Sendable {
  /// What the definition calls it.
  public var name: String
  public var type: SQLType
  public var isNullable: Bool

  public init(name: String, type: SQLType, isNullable: Bool) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
  }
}
