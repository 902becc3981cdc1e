import Events

/// A column that a stream's definition declares, in Postgres' words, and where its values are found in a record.
public struct DeclaredColumn: Hashable, Sendable {
  /// A step from a JSON value to one inside it.
  public enum Step: Hashable, Sendable {
    case member(String)
    /// From 0.
    case element(Int)
  }

  /// What a number counts that stands for a time, from 1970-01-01T00:00:00Z on.
  public enum EpochUnit: String, Hashable, Sendable, CaseIterable {
    case seconds, milliseconds, microseconds, nanoseconds
  }

  public var name: String
  public var type: SQLType
  /// `varchar(n)`: more characters are refused, unless only spaces are lost, as in Postgres.
  public var maximumCharacters: Int?
  /// `numeric(p, s)`: digits in all; the type has the places.
  public var precision: Int?
  public var isNullable: Bool
  /// `OPTIONS (path 'a.b[0].c')`, else the column's own name. For CSV the place of the field is that of the column.
  public var path: [Step]
  /// `OPTIONS (unit '…')`: the values are numbers, and no text of a time is taken.
  public var unit: EpochUnit?
  /// `OPTIONS (coerce 'true')`: a text is taken where a number or a boolean is declared, when it reads as one.
  public var isCoerced: Bool
  /// The comment above it in the definition's file; empty when there is none.
  public var comment: String
  /// In the definition's file, for errors about it.
  public var place: FilePlace?

  public init(
    name: String, type: SQLType, maximumCharacters: Int? = nil, precision: Int? = nil, isNullable: Bool = true,
    path: [Step]? = nil, unit: EpochUnit? = nil, isCoerced: Bool = false, comment: String = "",
    place: FilePlace? = nil
  ) {
    self.name = name
    self.type = type
    self.maximumCharacters = maximumCharacters
    self.precision = precision
    self.isNullable = isNullable
    self.path = path ?? [.member(name)]
    self.unit = unit
    self.isCoerced = isCoerced
    self.comment = comment
    self.place = place
  }

  /// The path as an option writes it: `a."b c"[0]`.
  public var pathText: String { Self.text(of: path) }

  /// Steps as an option writes them.
  public static func text(of path: [Step]) -> String {
    var text = ""
    for step in path {
      switch step {
      case .element(let number): text += "[\(number)]"
      case .member(let name):
        let isNumber = name.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // A path that begins with $ is refused: it is taken for JSONPath's.
        let isPlain = !isNumber && name != "$" && name.unicodeScalars.allSatisfy(isPlainInPath)
        text += text.isEmpty ? "" : "."
        text += isPlain ? name : "\"\(name.replacing("\"", with: "\"\""))\""
      }
    }
    return text
  }

  /// Whether a name in a path may hold it without quotes.
  public static func isPlainInPath(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "$", "@": true
    default: scalar.value >= 0x80
    }
  }

  /// The path when it is one of names alone, as those of an Avro record's fields are.
  public var fieldPath: [String]? {
    var names: [String] = []
    for step in path {
      guard case .member(let name) = step else { return nil }
      names.append(name)
    }
    return names
  }
}
