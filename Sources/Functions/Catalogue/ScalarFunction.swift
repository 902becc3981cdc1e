import Events
import TimeZones

/// A function or an operator of Postgres over values of one event, for arguments of certain types: an entry of the
/// catalogue. Another function is another entry.
public struct ScalarFunction: Hashable, Sendable {
  /// When the result is NULL.
  public enum Nullability: Sendable {
    /// When an argument is NULL: the kernel does not see such rows.
    case strict
    /// When an argument is NULL, and for some values besides.
    case strictAndMore
    /// When all arguments are.
    case allNull
    /// Only when the first argument is.
    case first
    /// Never.
    case never
    /// When the kernel says so, which sees NULLs, too.
    case decided
  }

  /// How it is written in SQL.
  public enum Notation: Hashable, Sendable {
    case call
    /// Between two operands.
    case infix
    /// `extract(field FROM x)`.
    case extract
    /// `x::numeric(12, 2)`.
    case cast
    /// `INTERVAL '1 day'`.
    case constant
    /// `round(a / b, 2)`.
    case quotient
    /// `tags[1]`.
    case subscripted
    /// `x = ANY (tags)`.
    case quantified
  }

  /// Postgres' name, or the operator's signs.
  public let name: String
  public let parameters: [Parameter]
  /// Whether the last parameter may be repeated.
  public let isVariadic: Bool
  public let nullability: Nullability
  public let notation: Notation
  /// Whether its result depends on a collation: its text must then be COLLATE "C".
  public let needsByteCollation: Bool
  /// Whether it may depend on one, as its constants have it: COLLATE "C" is then written, whether it does or not.
  public let writesByteCollation: Bool
  /// Whether it can be an error of the event.
  public let canFail: Bool
  /// Whether it is worth remembering a value's result.
  public let isCostly: Bool
  /// Positions in which only constants may stand.
  public let constants: Set<Int>
  /// Postgres has it, but an event cannot: what to write instead.
  public let refusal: String?
  /// Its result's type and what computes it, for arguments of those types and those constants.
  private let prepared: @Sendable (Preparation) throws(PreparationError) -> PreparedFunction

  init(
    _ name: String, _ parameters: [Parameter], isVariadic: Bool = false, nullability: Nullability = .strict,
    notation: Notation = .call, needsByteCollation: Bool = false, writesByteCollation: Bool = false,
    canFail: Bool = false, isCostly: Bool = false, constants: Set<Int> = [], refusal: String? = nil,
    prepared: @escaping @Sendable (Preparation) throws(PreparationError) -> PreparedFunction
  ) {
    self.name = name
    self.parameters = parameters
    self.isVariadic = isVariadic
    self.nullability = nullability
    self.notation = notation
    self.needsByteCollation = needsByteCollation
    self.writesByteCollation = writesByteCollation || needsByteCollation
    self.canFail = canFail || parameters.contains(.text)
    self.isCostly = isCostly || parameters.contains(.text)
    self.constants = constants
    self.refusal = refusal
    self.prepared = prepared
  }

  public func prepare(_ preparation: Preparation) throws(PreparationError) -> PreparedFunction {
    try prepared(preparation)
  }

  /// The parameter at a position; nil when there are not so many.
  public func parameter(at position: Int) -> Parameter? {
    if position < parameters.count { return parameters[position] }
    return isVariadic ? parameters.last : nil
  }

  /// Whether the result can be NULL, given which arguments can be.
  public func isNullable(_ arguments: [Bool]) -> Bool {
    switch nullability {
    case .strict: arguments.contains(true)
    case .strictAndMore, .decided: true
    case .allNull: arguments.allSatisfy { $0 }
    case .first: arguments.first ?? false
    case .never: false
    }
  }

  /// As messages name it: `left(text, integer)`.
  public var signature: String {
    let types = parameters.map { $0 == .interval ? "constant interval" : $0.name }.joined(separator: ", ")
    return "\(name)(\(types)\(isVariadic ? ", …" : ""))"
  }

  /// There are no two entries of one signature.
  public static func == (left: ScalarFunction, right: ScalarFunction) -> Bool {
    left.name == right.name && left.parameters == right.parameters
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(parameters)
  }
}

/// What an argument's type must be, as Postgres names it.
public enum Parameter: Hashable, Sendable {
  case boolean, integer, bigint, double, text, timestamptz, timestamp, date, time, uuid, jsonb, bytea
  /// Of any number of decimal places.
  case numeric
  /// A constant, written `INTERVAL '…'`.
  case interval
  /// An interval that may be another for every event.
  case span
  /// Of stored states, which no function takes.
  case bits
  /// Of any elements.
  case array
  /// A constant text: the name of a time zone.
  case zone

  public init(_ type: SQLType) {
    self =
      switch type {
      case .boolean: .boolean
      case .integer: .integer
      case .bigint: .bigint
      case .numeric: .numeric
      case .doublePrecision: .double
      case .text: .text
      case .bytea: .bytea
      case .timestamptz: .timestamptz
      case .timestamp: .timestamp
      case .date: .date
      case .time: .time
      case .interval: .span
      case .uuid: .uuid
      case .jsonb: .jsonb
      case .bits: .bits
      case .array: .array
      }
  }

  /// The type of an argument; of `numeric` without places, of an array some one. An interval travels
  /// as text.
  public var type: SQLType {
    switch self {
    case .boolean: .boolean
    case .integer: .integer
    case .bigint: .bigint
    case .numeric: .numeric(scale: 0)
    case .double: .doublePrecision
    case .text, .interval, .zone: .text
    case .bytea: .bytea
    case .timestamptz: .timestamptz
    case .timestamp: .timestamp
    case .date: .date
    case .time: .time
    case .span: .interval
    case .uuid: .uuid
    case .jsonb: .jsonb
    case .bits: .bits
    case .array: .array(.text)
    }
  }

  public var name: String {
    switch self {
    case .interval: "interval"
    case .array: "an array"
    default: type.shortName
    }
  }
}

/// An argument that is known when the definition is read.
public enum ConstantArgument: Hashable, Sendable {
  case text(String)
  case zone(ZoneRules)
  case integer(Int64)
}

/// What a function is prepared for.
public struct Preparation: Sendable {
  public var types: [SQLType]
  /// nil for an argument that differs from event to event, and for NULL.
  public var constants: [ConstantArgument?]

  public init(types: [SQLType], constants: [ConstantArgument?]) {
    self.types = types
    self.constants = constants
  }

  func text(_ position: Int) -> String? {
    if case .text(let text)? = constants[position] { text } else { nil }
  }

  func integer(_ position: Int) -> Int64? {
    if case .integer(let value)? = constants[position] { value } else { nil }
  }

  /// Decimal places of an argument.
  func scale(_ position: Int) -> Int {
    if case .numeric(let scale) = types[position] { scale } else { 0 }
  }
}

/// Why a function cannot be prepared: a constant is wrong.
public struct PreparationError: Error {
  public var message: String
  public var hint: String?
  /// Which argument is at fault.
  public var argument: Int

  init(_ message: String, hint: String? = nil, argument: Int = 0) {
    self.message = message
    self.hint = hint
    self.argument = argument
  }
}

public struct PreparedFunction: Sendable {
  public var type: SQLType
  /// Whether a constant makes the result depend on a collation.
  public var needsByteCollation: Bool
  public var kernel: Kernel

  init(_ type: SQLType, needsByteCollation: Bool = false, _ kernel: @escaping Kernel) {
    self.type = type
    self.needsByteCollation = needsByteCollation
    self.kernel = kernel
  }

  /// Fails every event.
  public static func unresolvable(_ type: SQLType, _ message: String) -> PreparedFunction {
    PreparedFunction(type) { _ throws(ScalarError) in throw ScalarError(.unresolvable, message) }
  }
}

/// Computes one row: reads its arguments and gives its result, or NULL.
public typealias Kernel = @Sendable (inout CallRow) throws(ScalarError) -> Void

/// An error of the event.
public struct ScalarError: Error {
  public var code: EventErrorCode
  public var message: String

  init(_ code: EventErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }
}
