import Events
import Plan
import Spelling

/// What a declared column's type says: the engine's type, and what a modifier adds to it.
struct ColumnType {
  var type: SQLType
  /// `varchar(n)`.
  var maximumCharacters: Int?
  /// `numeric(p, s)`: digits in all.
  var precision: Int?

  /// Digits that the engine computes with.
  static let maximumPrecision = 38
  /// Postgres' own bound.
  static let maximumCharacters = 10_485_760
  private static let numericHint =
    "write numeric(12,2): how many digits in all, at most \(maximumPrecision), and how many of them behind the point"

  init(_ column: SyntaxColumn, _ source: SourceText) throws(DefinitionError) {
    self = try Self.scalar(column, source)
    guard column.type.isArray else { return }
    guard let element = ArrayElement(type) else {
      throw source.error(at: column.type.location, "there are no arrays of \(type.shortName) here")
    }
    type = .array(element)
  }

  private static func scalar(_ column: SyntaxColumn, _ source: SourceText) throws(DefinitionError) -> ColumnType {
    let name = column.type.name
    let location = column.type.location
    switch name {
    case "numeric", "decimal": return try numeric(column, source)
    case "varchar": return try varchar(column, source)
    default:
      guard let type = SQLType.declared(name) else {
        // The parser has names of its own for some: `int2` for smallint.
        let written = source.writtenName(at: location) ?? name
        throw source.error(
          at: location, "the type \(SQLType.declared(written) == nil ? written : name) is not supported",
          hint: hint(forUnknown: name))
      }
      if let modifier = column.modifiers.first {
        let isTime = [.timestamptz, .timestamp, .time].contains(type)
        throw source.error(
          at: modifier.location, "\(type.shortName) takes no modifier",
          hint: isTime
            ? "write \(type.shortName): times are kept to the microsecond"
            : type == .text ? "write varchar(n)" : "write \(type.shortName)")
      }
      return ColumnType(type)
    }
  }

  private init(_ type: SQLType, maximumCharacters: Int? = nil, precision: Int? = nil) {
    self.type = type
    self.maximumCharacters = maximumCharacters
    self.precision = precision
  }

  private static func numeric(_ column: SyntaxColumn, _ source: SourceText) throws(DefinitionError) -> ColumnType {
    guard let first = column.modifiers.first else {
      throw source.error(
        at: column.type.location, "numeric needs its number of digits here: a column has a fixed number of places",
        hint: numericHint)
    }
    guard column.modifiers.count <= 2 else {
      throw source.error(at: column.modifiers[2].location, "numeric takes two modifiers", hint: numericHint)
    }
    guard let precision = first.value, (1...maximumPrecision).contains(precision) else {
      throw source.error(
        at: first.location, "numeric has between 1 and \(maximumPrecision) digits", hint: numericHint)
    }
    guard column.modifiers.count == 2 else { return ColumnType(.numeric(scale: 0), precision: precision) }
    guard let scale = column.modifiers[1].value, (0...precision).contains(scale) else {
      throw source.error(
        at: column.modifiers[1].location, "of \(precision) digits between 0 and \(precision) stand behind the point",
        hint: numericHint)
    }
    return ColumnType(.numeric(scale: scale), precision: precision)
  }

  private static func varchar(_ column: SyntaxColumn, _ source: SourceText) throws(DefinitionError) -> ColumnType {
    guard let first = column.modifiers.first else { return ColumnType(.text) }
    guard column.modifiers.count == 1 else {
      throw source.error(at: column.modifiers[1].location, "varchar takes one modifier", hint: "write varchar(40)")
    }
    guard let count = first.value, (1...maximumCharacters).contains(count) else {
      throw source.error(
        at: first.location, "varchar has between 1 and \(maximumCharacters) characters", hint: "write varchar(40)")
    }
    return ColumnType(.text, maximumCharacters: count)
  }

  private static let names = [
    "boolean", "integer", "bigint", "numeric(p,s)", "double precision", "text", "varchar(n)", "timestamptz",
    "timestamp",
    "date", "time", "uuid", "jsonb",
  ]

  private static func hint(forUnknown name: String) -> String {
    switch name {
    case "int2", "smallint": return "write integer"
    case "float4", "real": return "write double precision"
    case "smallserial", "serial2", "serial", "serial4": return "nothing is counted here: write integer"
    case "bigserial", "serial8": return "nothing is counted here: write bigint"
    case "bpchar", "char", "name": return "write text, or varchar(n)"
    case "json": return "write jsonb"
    case "timetz": return "write time, or timestamptz"
    case "money": return "write numeric(12,2)"
    case "interval": return "write text, or a number of seconds"
    case "bytea": return "write text"
    default:
      let known = names.map { $0.prefix { $0 != "(" } }.map(String.init) + ["decimal"]
      let nearest = suggestion(for: name, among: known)
      return "\(nearest)types are \(names.joined(separator: ", "))"
    }
  }
}

extension SQLType {
  /// A type that a column may be declared of, without those that take modifiers.
  fileprivate static func declared(_ name: String) -> SQLType? {
    name == "jsonb" ? .jsonb : named(name)
  }
}
