import Events
import Functions
import Plan

/// The scalar expressions of all aggregates of a stream, compiled to column operations.
///
/// Every distinct expression is evaluated once per batch, whatever number of aggregates, filters and measures use it.
/// A register is a column; the first registers are the batch's own columns. Used on the worker thread.
///
/// An expression that can fail is evaluated under a mask (the rows that reach it: the taken branch of a CASE, the rows
/// that pass WHERE and FILTER), because Postgres does not evaluate it elsewhere and errors there must not count.
final class Program {
  typealias Register = Int

  struct Instruction {
    var operation: Operation
    var inputs: [Register]
    var output: Register
    /// Rows in which a failure counts; nil: all.
    var mask: Register?
  }

  private struct Key: Hashable {
    var expression: Expression
    var mask: Register?
  }

  private struct FoundRows: Hashable {
    var reference: String
    var operands: [Register]
  }

  private enum MaskKey: Hashable {
    case isTrue(Register, under: Register?)
    case isNotTrue(Register, under: Register?)
    case isNotFalse(Register, under: Register?)
    case isNull(Register, under: Register?)
  }

  private let capacity: Int
  private let batchColumns: Int
  private(set) var registers: [Column]
  private var instructions: [Instruction] = []
  private var compiled: [Key: Register] = [:]
  private var masks: [MaskKey: Register] = [:]
  private var owned: [Column] = []
  private var constants: [ConstantText] = []
  /// The columns of which expressions are evaluated by distinct value.
  private var distinct: [Register: DistinctTexts] = [:]
  private let keepsDistinct: Bool
  /// By the reference's name.
  private var probes: [String: ReferenceProbe] = [:]
  /// The registers of rows that operands name: all values of a row share them.
  private var foundRows: [FoundRows: Register] = [:]
  /// Batches so far.
  private(set) var runs = 0

  /// - Parameters:
  ///   - batch: the batch that every `run` will be given; registers alias its columns.
  ///   - keepsDistinct: whether functions of one text column are evaluated once for each of its values.
  init(batch: EventBatch, keepsDistinct: Bool = true) {
    self.keepsDistinct = keepsDistinct
    capacity = batch.capacity
    registers = batch.columns
    batchColumns = batch.columns.count
  }

  deinit {
    for column in owned { column.deallocate() }
  }

  /// The register that will hold `expression`'s value; rows outside `mask` are unspecified.
  func compile(_ expression: Expression, mask: Register? = nil) -> Register {
    let key = Key(expression: expression, mask: expression.canFail ? mask : nil)
    if let known = compiled[key] { return known }
    let register = emit(expression, mask: key.mask)
    compiled[key] = register
    return register
  }

  /// The register of a mask: 1 in the rows of `mask` in which `condition` is true. Never NULL.
  func compileMask(_ condition: Expression?, under mask: Register? = nil) -> Register? {
    guard let condition else { return mask }
    return maskRegister(.isTrue(compile(condition, mask: mask), under: mask))
  }

  /// Takes the versions of reference data for the batches to come.
  ///
  /// - Returns: whether any of them is another one.
  @discardableResult
  func use(_ references: ReferenceSet) -> Bool {
    var isNew = false
    for probe in probes.values where probe.use(references) { isNew = true }
    for texts in distinct.values { texts.use(references) }
    return isNew
  }

  /// Evaluates all expressions over the batch. Rows that fail are reported to the batch.
  func run(_ batch: EventBatch) {
    let count = batch.count
    runs &+= 1
    for instruction in instructions {
      execute(instruction, batch, count)
    }
  }

  /// Whether the register's column can hold NULLs.
  func isNullable(_ register: Register) -> Bool {
    registers[register].isNullable
  }

  private func allocate(_ type: SQLType, isNullable: Bool) -> Register {
    let column = Column(type: type, isNullable: isNullable, capacity: capacity)
    owned.append(column)
    registers.append(column)
    return registers.count - 1
  }

  private func maskRegister(_ key: MaskKey) -> Register {
    if let known = masks[key] { return known }
    let output = allocate(.boolean, isNullable: false)
    let (operation, input, under): (Operation, Register, Register?) =
      switch key {
      case .isTrue(let input, let under): (.maskTrue, input, under)
      case .isNotTrue(let input, let under): (.maskNotTrue, input, under)
      case .isNotFalse(let input, let under): (.maskNotFalse, input, under)
      case .isNull(let input, let under): (.maskNull, input, under)
      }
    instructions.append(
      Instruction(operation: operation, inputs: [input] + (under.map { [$0] } ?? []), output: output, mask: nil))
    masks[key] = output
    return output
  }

  private func append(
    _ operation: Operation, _ inputs: [Register], _ type: SQLType, isNullable: Bool? = nil, mask: Register? = nil
  ) -> Register {
    let nullable = isNullable ?? inputs.contains { registers[$0].isNullable }
    let output = allocate(type, isNullable: nullable)
    instructions.append(Instruction(operation: operation, inputs: inputs, output: output, mask: mask))
    return output
  }

  private func emit(_ expression: Expression, mask: Register?) -> Register {
    if keepsDistinct, let column = expression.distinctColumn { return emitDistinct(expression, column, mask: mask) }
    switch expression {
    case .column(let index, _):
      return index
    case .literal(let literal):
      return constant(literal)
    case .unnested(let element):
      // Whoever makes rows of elements has put a column in its place.
      return constant(.null(element.type))
    case .arithmetic(let arithmetic, let left, let right):
      let operation: Operation =
        expression.type == .doublePrecision
        ? .doubleArithmetic(arithmetic) : .integerArithmetic(arithmetic, is32Bit: expression.type == .integer)
      return append(
        operation, [compile(left, mask: mask), compile(right, mask: mask)], expression.type, mask: mask)
    case .negate(let operand):
      let operation: Operation =
        expression.type == .doublePrecision ? .negateDouble : .negateInteger(is32Bit: expression.type == .integer)
      return append(operation, [compile(operand, mask: mask)], expression.type, mask: mask)
    case .comparison(let comparison, let left, let right):
      return emitComparison(comparison, left, right, mask: mask)
    case .and(let operands):
      return emitLogic(operands, mask: mask, operation: .and) { .isNotFalse($0, under: $1) }
    case .or(let operands):
      return emitLogic(operands, mask: mask, operation: .or) { .isNotTrue($0, under: $1) }
    case .not(let operand):
      return append(.not, [compile(operand, mask: mask)], .boolean)
    case .isNull(let operand):
      return append(.isNull, [compile(operand, mask: mask)], .boolean, isNullable: false)
    case .isTrue(let operand):
      return append(.maskTrue, [compile(operand, mask: mask)], .boolean, isNullable: false)
    case .caseWhen(let branches, let otherwise):
      return emitCase(branches, otherwise, mask: mask)
    case .coalesce(let operands):
      var inputs: [Register] = []
      var reached = mask
      for operand in operands {
        let input = compile(operand, mask: reached)
        inputs.append(input)
        guard registers[input].isNullable else { break }
        reached = maskRegister(.isNull(input, under: reached))
      }
      if inputs.count == 1 { return inputs[0] }
      let isNullable = inputs.allSatisfy { registers[$0].isNullable }
      return append(.coalesce, inputs, expression.type, isNullable: isNullable)
    case .cast(let operand, let type):
      if operand.type.physical == type.physical, operand.type.castsByRelabelling(to: type) {
        return compile(operand, mask: mask)
      }
      return append(.cast(from: operand.type, to: type), [compile(operand, mask: mask)], type, mask: mask)
    case .call(let function, let arguments, let type):
      return emitCall(function, arguments, type, mask: mask)
    case .lookup(let value, let operands):
      return emitLookup(value, operands, mask: mask)
    }
  }

  private func emitLookup(_ value: ReferenceValue, _ operands: [Expression], mask: Register?) -> Register {
    let probe = probes[value.reference] ?? ReferenceProbe(value.reference, capacity: capacity)
    probes[value.reference] = probe
    let inputs = operands.map { compile($0, mask: mask) }
    let key = FoundRows(reference: value.reference, operands: inputs)
    let rows = foundRows[key] ?? append(.findRows(probe), inputs, .bigint, isNullable: false)
    foundRows[key] = rows
    return append(.gatherValues(probe, column: value.column), [rows], value.type, isNullable: value.isNullable)
  }

  private func emitCall(
    _ function: ScalarFunction, _ arguments: [Expression], _ type: SQLType, mask: Register?
  ) -> Register {
    let inputs = arguments.map { compile($0, mask: mask) }
    let isNullable = function.isNullable(inputs.map { registers[$0].isNullable })
    let prepared: PreparedFunction
    do {
      prepared = try function.prepare(Expression.preparation(of: arguments))
    } catch {
      // The planner has prepared it before; should it be another, the event is put aside instead of being counted wrongly.
      prepared = PreparedFunction.unresolvable(type, "\(function.signature): \(error.message)")
    }
    let call = PreparedCall(function, prepared, arguments)
    return append(.call(call), inputs, type, isNullable: isNullable, mask: mask)
  }

  /// An expression over one text column: once for each of its values.
  private func emitDistinct(_ expression: Expression, _ column: Register, mask: Register?) -> Register {
    let texts = distinct[column] ?? DistinctTexts(capacity: capacity)
    distinct[column] = texts
    let added = texts.add(expression.overFirstColumn, isNullable: registers[column].isNullable)
    return append(
      .distinct(texts, added), [column], expression.type, isNullable: added.isNullable, mask: mask)
  }

  private func emitComparison(
    _ comparison: ComparisonOperator, _ left: Expression, _ right: Expression, mask: Register?
  ) -> Register {
    if left.type.physical == .text, comparison == .equal || comparison == .notEqual {
      // Comparing with a constant is what nearly every FILTER does: it spares the constant's column.
      for (operand, literal) in [(left, right), (right, left)] {
        if case .literal(.text(let text, _)) = literal {
          let constant = ConstantText(text)
          constants.append(constant)
          let input = compile(operand, mask: mask)
          return append(.textEqualsConstant(constant, negated: comparison == .notEqual), [input], .boolean)
        }
      }
    }
    var inputs = [compile(left, mask: mask), compile(right, mask: mask)]
    if left.type == .interval {
      inputs = inputs.map { append(.intervalSpan, [$0], .numeric(scale: 0)) }
    }
    return append(.compare(comparison, left.type.physical), inputs, .boolean)
  }

  private func emitLogic(
    _ operands: [Expression], mask: Register?, operation: Operation, next: (Register, Register?) -> MaskKey
  ) -> Register {
    var inputs: [Register] = []
    var reached = mask
    for (index, operand) in operands.enumerated() {
      inputs.append(compile(operand, mask: reached))
      if operands.dropFirst(index + 1).contains(where: \.canFail) {
        reached = maskRegister(next(inputs[index], reached))
      }
    }
    return append(operation, inputs, .boolean)
  }

  private func emitCase(_ branches: [Expression.CaseBranch], _ otherwise: Expression, mask: Register?) -> Register {
    var inputs: [Register] = []
    var reached = mask
    var isNullable = false
    for branch in branches {
      let condition = compile(branch.condition, mask: reached)
      let taken = maskRegister(.isTrue(condition, under: reached))
      let value = compile(branch.value, mask: taken)
      isNullable = isNullable || registers[value].isNullable
      inputs += [condition, value]
      reached = maskRegister(.isNotTrue(condition, under: reached))
    }
    let fallback = compile(otherwise, mask: reached)
    inputs.append(fallback)
    return append(.select, inputs, otherwise.type, isNullable: isNullable || registers[fallback].isNullable)
  }

  /// Constants are columns filled once: simple, and as fast as the operand beside them.
  private func constant(_ literal: Literal) -> Register {
    var isNull = false
    if case .null = literal { isNull = true }
    let register = allocate(literal.type, isNullable: isNull)
    let column = registers[register]
    switch literal {
    case .null: column.validity.update(repeating: 0, count: capacity)
    case .boolean(let value): column.booleans.update(repeating: value ? 1 : 0, count: capacity)
    case .integer(let value, _): column.integers.update(repeating: value, count: capacity)
    case .numeric(let unscaled, _): column.decimals.update(repeating: unscaled, count: capacity)
    case .double(let value): column.doubles.update(repeating: value, count: capacity)
    case .text(let text, _): fill(column, with: text)
    // Its function has been prepared for the zone, and does not read the name.
    case .zone(let zone): fill(column, with: zone.name)
    }
    return register
  }

  private func fill(_ column: Column, with text: String) {
    let constant = ConstantText(text)
    constants.append(constant)
    column.texts.update(repeating: constant.view, count: capacity)
  }
}

/// Text of a definition, kept where kernels can point to it.
final class ConstantText {
  let view: TextView
  private let storage: UnsafeMutableBufferPointer<UInt8>

  init(_ text: String) {
    let utf8 = Array(text.utf8)
    storage = .allocate(capacity: max(utf8.count, 1))
    _ = storage.update(fromContentsOf: utf8)
    view = TextView(start: UnsafePointer(storage.baseAddress.unsafelyUnwrapped), count: utf8.count)
  }

  deinit {
    storage.deallocate()
  }
}

extension Expression {
  /// Whether evaluating it can be an error of the event.
  var canFail: Bool {
    switch self {
    case .arithmetic, .negate: true
    case .cast(let operand, let type): !operand.type.castsWithoutError(to: type) || operand.canFail
    case .call(let function, let arguments, _): function.canFail || arguments.contains(where: \.canFail)
    default: children.contains(where: \.canFail)
    }
  }
}

extension SQLType {
  /// A cast that changes the type's name only.
  func castsByRelabelling(to type: SQLType) -> Bool {
    if self == type { return true }
    switch (self, type) {
    case (.integer, .bigint), (.uuid, .text): return true
    // The session's time zone is UTC everywhere, so both are the same count of microseconds.
    case (.timestamptz, .timestamp), (.timestamp, .timestamptz): return true
    default: return false
    }
  }

  func castsWithoutError(to type: SQLType) -> Bool {
    if castsByRelabelling(to: type) { return true }
    switch (self, type) {
    case (_, .text): return self != .jsonb
    case (.integer, .doublePrecision), (.bigint, .doublePrecision), (.numeric, .doublePrecision): return true
    case (.integer, .numeric(scale: 0)), (.bigint, .numeric(scale: 0)): return true
    case (.boolean, .integer), (.timestamptz, .date), (.timestamp, .date): return true
    default: return false
    }
  }
}
