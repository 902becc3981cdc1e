import Events
import Functions
import Plan

/// A column operation of a `Program`.
enum Operation {
  case integerArithmetic(ArithmeticOperator, is32Bit: Bool)
  case doubleArithmetic(ArithmeticOperator)
  case negateInteger(is32Bit: Bool)
  case negateDouble
  case compare(ComparisonOperator, PhysicalType)
  case textEqualsConstant(ConstantText, negated: Bool)
  case and
  case or
  case not
  case isNull
  /// What an interval is compared by.
  case intervalSpan
  /// Inputs: condition, value, condition, value, …, otherwise.
  case select
  case coalesce
  case cast(from: SQLType, to: SQLType)
  case call(PreparedCall)
  /// The numbers of the rows of reference data that the inputs name.
  case findRows(ReferenceProbe)
  /// Their values in a column of the reference; the input are the rows' numbers.
  case gatherValues(ReferenceProbe, column: Int)
  /// A result for each distinct value of the input.
  case distinct(DistinctTexts, DistinctExpression)
  /// Masks; the second input, when there is one, is the mask that they narrow.
  case maskTrue
  case maskNotTrue
  case maskNotFalse
  case maskNull
}

extension Program {
  func execute(_ instruction: Instruction, _ batch: EventBatch, _ count: Int) {
    let output = registers[instruction.output]
    let first = registers[instruction.inputs[0]]
    switch instruction.operation {
    case .integerArithmetic(let arithmetic, let is32Bit):
      let second = registers[instruction.inputs[1]]
      mergeValidity(first, second, output, count)
      integerArithmetic(arithmetic, is32Bit, first, second, output, failing(instruction, batch), count)
    case .doubleArithmetic(let arithmetic):
      let second = registers[instruction.inputs[1]]
      mergeValidity(first, second, output, count)
      doubleArithmetic(arithmetic, first, second, output, failing(instruction, batch), count)
    case .negateInteger(let is32Bit):
      copyValidity(first, output, count)
      let lowest = is32Bit ? Int64(Int32.min) : Int64.min
      let failing = failing(instruction, batch)
      for row in 0..<count {
        let value = first.integers[row]
        output.integers[row] = 0 &- value
        if value == lowest { failing.fail(row, output, .outOfRange, "integer out of range: -(\(value))") }
      }
    case .negateDouble:
      copyValidity(first, output, count)
      for row in 0..<count { output.doubles[row] = -first.doubles[row] }
    case .compare(let comparison, let physical):
      let second = registers[instruction.inputs[1]]
      mergeValidity(first, second, output, count)
      switch physical {
      case .boolean: compare(comparison, first.booleans, second.booleans, output.booleans, count)
      case .integer: compare(comparison, first.integers, second.integers, output.booleans, count)
      case .decimal: compare(comparison, first.decimals, second.decimals, output.booleans, count)
      case .double: compareDoubles(comparison, first.doubles, second.doubles, output.booleans, count)
      case .text where comparison != .equal && comparison != .notEqual:
        compareTexts(comparison, first.texts, second.texts, output.booleans, count)
      case .text:
        let expected: UInt8 = comparison == .notEqual ? 0 : 1
        for row in 0..<count {
          output.booleans[row] = textsEqual(first.texts[row], second.texts[row]) ? expected : 1 - expected
        }
      }
    case .textEqualsConstant(let constant, let negated):
      copyValidity(first, output, count)
      textEquals(first.texts, constant.view, negated: negated, output.booleans, count)
    case .and: kleene(instruction.inputs, output, deciding: 0, count)
    case .or: kleene(instruction.inputs, output, deciding: 1, count)
    case .not:
      copyValidity(first, output, count)
      for row in 0..<count { output.booleans[row] = 1 - first.booleans[row] }
    case .isNull:
      for row in 0..<count { output.booleans[row] = 1 - first.validity[row] }
    case .intervalSpan:
      copyValidity(first, output, count)
      for row in 0..<count { output.decimals[row] = first.decimals[row].intervalSpan }
    case .maskTrue: mask(first, under(instruction), output, count) { value, valid in value & valid }
    case .maskNotTrue: mask(first, under(instruction), output, count) { value, valid in 1 - (value & valid) }
    case .maskNotFalse: mask(first, under(instruction), output, count) { value, valid in 1 - ((1 - value) & valid) }
    case .maskNull: mask(first, under(instruction), output, count) { _, valid in 1 - valid }
    case .select: select(instruction.inputs, output, count)
    case .coalesce: coalesce(instruction.inputs, output, count)
    case .cast(let from, let to):
      copyValidity(first, output, count)
      cast(first, from: from, output, to: to, failing(instruction, batch), batch, count)
    case .call(let call):
      call.run(instruction.inputs.map { registers[$0] }, output, failing(instruction, batch), count)
    case .findRows(let probe): probe.find(instruction.inputs.map { registers[$0] }, output, count)
    case .gatherValues(let probe, let column): probe.gather(column, first, output, count)
    case .distinct(let texts, let expression):
      texts.evaluate(expression, first, output, failing(instruction, batch), count, run: runs)
    }
  }

  private func failing(_ instruction: Instruction, _ batch: EventBatch) -> FailingRows {
    FailingRows(batch: batch, mask: instruction.mask.map { registers[$0].booleans })
  }

  private func under(_ instruction: Instruction) -> UnsafeMutablePointer<UInt8>? {
    instruction.inputs.count > 1 ? registers[instruction.inputs[1]].booleans : nil
  }

  /// SQL's three-valued AND (`deciding` 0) and OR (`deciding` 1): one deciding operand decides, else a NULL makes NULL.
  private func kleene(_ inputs: [Register], _ output: Column, deciding: UInt8, _ count: Int) {
    output.booleans.update(repeating: 1 - deciding, count: count)
    if output.isNullable { output.validity.update(repeating: 1, count: count) }
    for input in inputs {
      let operand = registers[input]
      for row in 0..<count {
        let decided = output.validity[row] & (output.booleans[row] ^ (1 - deciding))
        let decides = operand.validity[row] & (operand.booleans[row] ^ (1 - deciding))
        output.booleans[row] = (decided | decides) == 1 ? deciding : 1 - deciding
        if output.isNullable {
          output.validity[row] = (decided | decides) | (output.validity[row] & operand.validity[row])
        }
      }
    }
  }

  private func select(_ inputs: [Register], _ output: Column, _ count: Int) {
    let branches = (0..<inputs.count / 2).map { (registers[inputs[2 * $0]], registers[inputs[2 * $0 + 1]]) }
    let otherwise = registers[inputs[inputs.count - 1]]
    for row in 0..<count {
      let taken = branches.first { condition, _ in condition.booleans[row] & condition.validity[row] == 1 }
      output.copy(row, from: taken?.1 ?? otherwise)
    }
  }

  private func coalesce(_ inputs: [Register], _ output: Column, _ count: Int) {
    let operands = inputs.map { registers[$0] }
    for row in 0..<count {
      output.copy(row, from: operands.first { $0.validity[row] == 1 } ?? operands[operands.count - 1])
    }
  }
}

/// Where a failing operation reports its rows: those that are evaluated at all and whose operands are not NULL.
struct FailingRows {
  let batch: EventBatch
  let mask: UnsafeMutablePointer<UInt8>?

  /// Whether the row is evaluated at all.
  @inline(__always)
  func isReached(_ row: Int) -> Bool {
    (mask.map { $0[row] == 1 } ?? true) && batch.live[row] == 1
  }

  /// Not inlined: failures are rare and would bloat the loops.
  @inline(never)
  func fail(_ row: Int, _ output: Column, _ code: EventErrorCode, _ message: @autoclosure () -> String) {
    guard output.validity[row] == 1, mask.map({ $0[row] == 1 }) ?? true, batch.live[row] == 1 else { return }
    batch.fail(row, code, message())
  }
}

extension Column {
  func copy(_ row: Int, from source: Column) {
    switch type.physical {
    case .boolean: booleans[row] = source.booleans[row]
    case .integer: integers[row] = source.integers[row]
    case .decimal: decimals[row] = source.decimals[row]
    case .double: doubles[row] = source.doubles[row]
    case .text: texts[row] = source.texts[row]
    }
    if isNullable { validity[row] = source.validity[row] }
  }
}
