import Events
import Functions
import TimeZones

/// A value written in a definition.
public enum Literal: Hashable, Sendable {
  case null(SQLType)
  case boolean(Bool)
  /// `integer`, `bigint`, `timestamptz`, `timestamp`, `date` or `time`, in the type's unit.
  case integer(Int64, SQLType)
  case numeric(unscaled: Int128, scale: Int)
  case double(Double)
  /// `text`, `uuid`, `bytea` or `jsonb`.
  case text(String, SQLType)
  /// The name of a time zone, a text, with what it stands for.
  case zone(ZoneRules)

  public var type: SQLType {
    switch self {
    case .null(let type): type
    case .boolean: .boolean
    case .integer(_, let type): type
    case .numeric(_, let scale): .numeric(scale: scale)
    case .double: .doublePrecision
    case .text(_, let type): type
    case .zone: .text
    }
  }
}

public enum ComparisonOperator: String, Hashable, Sendable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

public enum ArithmeticOperator: String, Hashable, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
}

/// A scalar expression over the columns of a stream: typed, with every implicit cast made explicit, so that both
/// operands of a comparison or an arithmetic operator have the same type.
///
/// Semantics are Postgres'. NULL in, NULL out, except where a case says otherwise.
public indirect enum Expression: Hashable, Sendable {
  /// Counts into `StreamPlan.columns`.
  case column(Int, SQLType)
  case literal(Literal)
  /// The element of the row, of a definition with UNNEST.
  case unnested(UnnestedElement)
  /// Operands: integer, bigint or double precision, both alike; the result is of the same type. Overflow of an
  /// integer and division by zero are errors of the event.
  case arithmetic(ArithmeticOperator, Expression, Expression)
  case negate(Expression)
  /// Text, bytea and uuid compare by bytes.
  case comparison(ComparisonOperator, Expression, Expression)
  /// Three-valued logic, n-ary.
  case and([Expression])
  case or([Expression])
  case not(Expression)
  /// Never NULL.
  case isNull(Expression)
  /// Never NULL: `IS [NOT] DISTINCT FROM`, `IS TRUE` and the like are rewritten to it and to `isNull`.
  case isTrue(Expression)
  /// The first branch whose condition is true; errors in branches not taken do not count.
  case caseWhen([CaseBranch], otherwise: Expression)
  /// The first value that is not NULL; all of one type.
  case coalesce([Expression])
  case cast(Expression, to: SQLType)
  /// A function or an operator of the catalogue; its arguments have its parameters' types, and are constants where it
  /// wants them. The result's type is what it has said that it makes of them.
  case call(ScalarFunction, [Expression], SQLType)
  /// A value of the row of reference data that the operands name, one for each of its key columns and, where rows have a
  /// validity, the event time. NULL when there is none; a NULL names no row.
  case lookup(ReferenceValue, [Expression])

  public struct CaseBranch: Hashable, Sendable {
    public var condition: Expression
    public var value: Expression

    public init(condition: Expression, value: Expression) {
      self.condition = condition
      self.value = value
    }
  }

  public var type: SQLType {
    switch self {
    case .column(_, let type): type
    case .literal(let literal): literal.type
    case .unnested(let element): element.type
    case .arithmetic(_, let left, _): left.type
    case .negate(let operand): operand.type
    case .comparison, .and, .or, .not, .isNull, .isTrue: .boolean
    case .caseWhen(_, let otherwise): otherwise.type
    case .coalesce(let operands): operands.first?.type ?? .text
    case .cast(_, let type), .call(_, _, let type): type
    case .lookup(let value, _): value.type
    }
  }

  /// The operands, in order of evaluation.
  public var children: [Expression] {
    switch self {
    case .column, .literal, .unnested: []
    case .arithmetic(_, let left, let right), .comparison(_, let left, let right): [left, right]
    case .negate(let operand), .not(let operand), .isNull(let operand), .isTrue(let operand), .cast(let operand, _):
      [operand]
    case .and(let operands), .or(let operands), .coalesce(let operands), .call(_, let operands, _),
      .lookup(_, let operands):
      operands
    case .caseWhen(let branches, let otherwise): branches.flatMap { [$0.condition, $0.value] } + [otherwise]
    }
  }
}

extension Expression {
  /// The same with something else in the place of each column.
  public func replacingColumns(_ replacement: (_ column: Int, _ type: SQLType) -> Expression) -> Expression {
    replacingLeaves { if case .column(let index, let type) = $0 { replacement(index, type) } else { $0 } }
  }

  /// What a function of the catalogue is told of its arguments.
  public static func preparation(of arguments: [Expression]) -> Preparation {
    Preparation(
      types: arguments.map(\.type),
      constants: arguments.map { argument in
        switch argument {
        case .literal(.text(let text, .text)): .text(text)
        case .literal(.integer(let value, .integer)): .integer(value)
        case .literal(.zone(let zone)): .zone(zone)
        default: nil
        }
      })
  }

  /// Whether a column can make it NULL, or a constant is; `isNullable` says so of the columns.
  public func isNullable(_ isNullable: (Int) -> Bool) -> Bool {
    switch self {
    case .column(let index, _): isNullable(index)
    case .unnested(let element): element.isNullable
    case .literal(.null): true
    case .literal, .isNull, .isTrue: false
    case .coalesce(let operands): operands.allSatisfy { $0.isNullable(isNullable) }
    case .caseWhen(let branches, let otherwise):
      otherwise.isNullable(isNullable) || branches.contains { $0.value.isNullable(isNullable) }
    case .call(let function, let arguments, _):
      function.isNullable(arguments.map { $0.isNullable(isNullable) })
    case .lookup(let value, _): value.isNullable
    default: children.contains { $0.isNullable(isNullable) }
    }
  }
}

extension Expression {
  /// The same with other columns, constants and elements.
  public func replacingLeaves(_ replaced: (Expression) -> Expression) -> Expression {
    func inner(_ expression: Expression) -> Expression { expression.replacingLeaves(replaced) }
    return switch self {
    case .column, .literal, .unnested: replaced(self)
    case .arithmetic(let operation, let left, let right): .arithmetic(operation, inner(left), inner(right))
    case .negate(let operand): .negate(inner(operand))
    case .comparison(let comparison, let left, let right): .comparison(comparison, inner(left), inner(right))
    case .and(let operands): .and(operands.map(inner))
    case .or(let operands): .or(operands.map(inner))
    case .not(let operand): .not(inner(operand))
    case .isNull(let operand): .isNull(inner(operand))
    case .isTrue(let operand): .isTrue(inner(operand))
    case .caseWhen(let branches, let otherwise):
      .caseWhen(
        branches.map { CaseBranch(condition: inner($0.condition), value: inner($0.value)) },
        otherwise: inner(otherwise))
    case .coalesce(let operands): .coalesce(operands.map(inner))
    case .cast(let operand, let type): .cast(inner(operand), to: type)
    case .call(let function, let arguments, let type): .call(function, arguments.map(inner), type)
    case .lookup(let value, let operands): .lookup(value, operands.map(inner))
    }
  }

  /// Whether it depends on a row of reference data.
  public var readsTable: Bool {
    if case .lookup = self { true } else { children.contains(where: \.readsTable) }
  }

  /// Whether it depends on the element of the row.
  public var readsElement: Bool {
    if case .unnested = self { true } else { children.contains(where: \.readsElement) }
  }
}
