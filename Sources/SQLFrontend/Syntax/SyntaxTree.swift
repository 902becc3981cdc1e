// Our own tree of what the parser read: only what definitions may say, nothing of libpg_query's.

/// An expression as it is written, before names and types are resolved.
struct SyntaxExpression {
  indirect enum Kind {
    /// A name of one or more parts.
    case column([String])
    case integer(Int32)
    /// Digits with a point or an exponent, or too many for `integer`.
    case decimal(String)
    case string(String)
    case boolean(Bool)
    case null
    case call(SyntaxCall)
    /// An operator of the catalogue of functions: LIKE, ||, ….
    case operation(String, [SyntaxExpression])
    case negate(SyntaxExpression)
    /// An arithmetic operator.
    case arithmetic(String, SyntaxExpression, SyntaxExpression)
    case comparison(String, SyntaxExpression, SyntaxExpression)
    case between(SyntaxExpression, SyntaxExpression, SyntaxExpression, isNegated: Bool)
    case oneOf(SyntaxExpression, [SyntaxExpression], isNegated: Bool)
    case distinct(SyntaxExpression, SyntaxExpression, isNegated: Bool)
    case nullIf(SyntaxExpression, SyntaxExpression)
    case and([SyntaxExpression])
    case or([SyntaxExpression])
    case not(SyntaxExpression)
    case isNull(SyntaxExpression, isNegated: Bool)
    /// IS TRUE and IS FALSE.
    case isBoolean(SyntaxExpression, Bool, isNegated: Bool)
    case caseWhen(SyntaxExpression?, [SyntaxBranch], otherwise: SyntaxExpression?)
    case coalesce([SyntaxExpression])
    case cast(SyntaxExpression, SyntaxType)
    case collate(SyntaxExpression, String)
    /// ARRAY[…], which only some aggregates take.
    case array([SyntaxExpression])
    /// What a definition cannot say: the error comes up where the expression is looked at.
    case refused(DefinitionError)
  }

  var kind: Kind
  /// Byte offset where an error about it points: for an operator the operator, as Postgres does.
  var location: Int

  /// The operands, in the order of the text.
  var children: [SyntaxExpression] {
    switch kind {
    case .column, .integer, .decimal, .string, .boolean, .null, .refused: []
    case .call(let call): call.arguments + [call.order, call.filter].compactMap { $0 }
    case .negate(let operand), .not(let operand), .isNull(let operand, _), .isBoolean(let operand, _, _),
      .cast(let operand, _), .collate(let operand, _):
      [operand]
    case .arithmetic(_, let left, let right), .comparison(_, let left, let right), .distinct(let left, let right, _),
      .nullIf(let left, let right):
      [left, right]
    case .between(let operand, let low, let high, _): [operand, low, high]
    case .oneOf(let operand, let values, _): [operand] + values
    case .and(let operands), .or(let operands), .coalesce(let operands), .operation(_, let operands),
      .array(let operands):
      operands
    case .caseWhen(let subject, let branches, let otherwise):
      (subject.map { [$0] } ?? []) + branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    }
  }

  /// Whether `predicate` holds for the expression or anything in it.
  func contains(where predicate: (SyntaxExpression) -> Bool) -> Bool {
    predicate(self) || children.contains { $0.contains(where: predicate) }
  }
}

/// WHEN … THEN ….
struct SyntaxBranch {
  var condition: SyntaxExpression
  var value: SyntaxExpression
}

/// A type's name as it is written.
struct SyntaxType {
  var name: String
  var location: Int
  /// `12` and `2` of `numeric(12, 2)`, the only type with modifiers in an expression.
  var modifiers: [Int] = []
  /// `text[]`: of declared columns.
  var isArray = false
}

struct SyntaxCall {
  var name: String
  var arguments: [SyntaxExpression]
  /// `count(*)`.
  var isStar: Bool
  var filter: SyntaxExpression?
  /// The values of WITHIN GROUP (ORDER BY …), in ascending order.
  var order: SyntaxExpression?
}

struct SyntaxItem {
  /// The name after AS.
  var alias: String?
  var expression: SyntaxExpression
  /// Byte offset of the item's first token.
  var location: Int
}

struct SyntaxSelect {
  var items: [SyntaxItem]
  var source: String
  var sourceLocation: Int
  /// What makes rows of an event's array; nil: an event is one row.
  var unnest: SyntaxUnnest?
  /// In the order of the text: each may name those before it. nil: some cannot be read.
  var joins: [SyntaxJoin]? = []
  var filter: SyntaxExpression?
  var groupBy: [SyntaxExpression]
  var having: SyntaxExpression?
}

/// `UNNEST(items) AS item` in FROM, or one of its kin.
struct SyntaxUnnest {
  var function: String
  var array: SyntaxExpression
  /// The name after AS, else the function's.
  var alias: String
  /// `AS t (item)`: what the element is called.
  var column: String?
  /// Byte offset of the function's name.
  var location: Int
}

/// `name = 'value'` in WITH, `name 'value'` in OPTIONS.
struct SyntaxOption {
  var name: String
  var value: String
  var location: Int
}

struct SyntaxAggregate {
  var name: String
  var nameLocation: Int
  var options: [SyntaxOption]
  var select: SyntaxSelect
  /// Where the SELECT stands in the file, without what follows it.
  var selectRange: Range<Int>
}

struct SyntaxStream {
  var name: String
  var nameLocation: Int
  var columns: [SyntaxColumn]
  var server: String
  var options: [SyntaxOption]
}

/// A column that a stream declares.
struct SyntaxColumn {
  var name: String
  var location: Int
  var type: SyntaxType
  /// `12` and `2` of `numeric(12, 2)`.
  var modifiers: [SyntaxModifier]
  var isNullable: Bool
  var options: [SyntaxOption]
}

struct SyntaxModifier {
  /// nil for what is no whole number.
  var value: Int?
  var location: Int
}
