import Plan

extension ExpressionTyper {
  /// Steps that one expression may be evaluated in. Each is a column of the engine's, for a whole batch.
  static let maximumSteps = 10_000

  /// The expression, unless it has become too large. What stands for one operand more than once (NULLIF, BETWEEN, IN,
  /// IS DISTINCT FROM, CASE x WHEN) doubles with each level that such operators are nested.
  func bounded(_ expression: Expression, at location: Int) throws(DefinitionError) -> Expression {
    var steps = Self.maximumSteps
    guard expression.fits(in: &steps) else {
      throw source.error(
        at: location, "the expression takes more than \(Self.maximumSteps) steps to evaluate",
        hint: "NULLIF, BETWEEN, IN, IS DISTINCT FROM and CASE x WHEN look at an operand more than once: "
          + "do not nest them, and keep lists short")
    }
    return expression
  }
}

extension Expression {
  /// Counts the expression's parts off `steps`, no further than to nothing.
  func fits(in steps: inout Int) -> Bool {
    steps -= 1
    guard steps >= 0 else { return false }
    for child in children where !child.fits(in: &steps) { return false }
    return true
  }
}
