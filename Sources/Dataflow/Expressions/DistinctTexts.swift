import Events
import Functions
import Plan

/// The distinct values of a text column, for expressions that depend on it alone: each is evaluated once for every value
/// and not for every event.
///
/// Of a column whose values do not repeat it keeps nothing: its expressions are then evaluated event by event.
final class DistinctTexts {
  /// So many values, or bytes of them or of one expression's results, are kept.
  private static let maximumValues = 1 << 14
  private static let maximumBytes = 4 << 20
  /// For so many batches a column counts as one whose values do not repeat, before it is tried again.
  private static let directBatches = 64

  private var values: ValueDictionary
  private var ids: UnsafeMutablePointer<Int32>
  private let misses: UnsafeMutablePointer<Int32>
  private var expressions: [DistinctExpression] = []
  /// Batches left in which events are evaluated one by one.
  private var directLeft = 0
  private var lastRun = -1
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    values = ValueDictionary(seed: UInt64.random(in: .min ... .max))
    ids = .allocate(capacity: capacity)
    ids.initialize(repeating: 0, count: capacity)
    misses = .allocate(capacity: capacity)
    misses.initialize(repeating: 0, count: capacity)
  }

  deinit {
    ids.deallocate()
    misses.deallocate()
  }

  /// - Parameter expression: over one column, with the index 0.
  func add(_ expression: Expression, isNullable: Bool) -> DistinctExpression {
    let added = DistinctExpression(expression, isNullable: isNullable, capacity: capacity)
    expressions.append(added)
    return added
  }

  /// Takes the versions of reference data for the batches to come. Results of former ones are forgotten.
  func use(_ references: ReferenceSet) {
    for expression in expressions { expression.use(references) }
  }

  /// Gives the rows of one of the expressions.
  ///
  /// - Parameter run: counts the batches: values are looked up once for each.
  func evaluate(
    _ expression: DistinctExpression, _ input: Column, _ output: Column, _ failing: FailingRows, _ count: Int, run: Int
  ) {
    if run != lastRun {
      lastRun = run
      lookUp(input, count)
    }
    if directLeft > 0 {
      expression.evaluate(input, output, failing, count)
    } else {
      expression.gather(values, ids, output, failing, count)
    }
  }

  private func lookUp(_ input: Column, _ count: Int) {
    if directLeft > 0 {
      directLeft -= 1
      if directLeft > 0 { return }
    }
    let isFull =
      values.count > DistinctTexts.maximumValues || values.byteCount > DistinctTexts.maximumBytes
      || expressions.contains { $0.byteCount > DistinctTexts.maximumBytes }
    if isFull {
      values.removeAll()
      for expression in expressions { expression.removeAll() }
    }
    let before = values.count
    let missed = values.find(input.texts, ids, misses, count)
    for miss in 0..<missed {
      let row = Int(misses[miss])
      // Of a NULL the text is empty.
      ids[row] = values.intern(input.texts[row]) { _ in true } ?? ValueDictionary.null
    }
    if input.isNullable {
      for row in 0..<count { ids[row] &= 0 &- Int32(input.validity[row]) }
    }
    // What repeats less than once in a batch is not worth keeping.
    if values.count - before > count / 2, count >= 64 {
      directLeft = DistinctTexts.directBatches
    }
  }
}

/// An expression over one text column, and its results by value.
final class DistinctExpression {
  private let batch: EventBatch
  private let program: Program
  private let register: Program.Register
  /// By the value's id; that of NULL is 0.
  private var results: Column
  private var resultCapacity: Int
  /// Values that have results.
  private var known = 0
  private var failures: [Int32: EventFailure] = [:]
  private var arena = TextArena()

  var isNullable: Bool { results.isNullable }

  /// Bytes of the results' texts.
  var byteCount: Int { arena.capacity }

  init(_ expression: Expression, isNullable: Bool, capacity: Int) {
    batch = EventBatch(specs: [ColumnSpec(path: [], type: .text, isNullable: true)], capacity: capacity)
    program = Program(batch: batch, keepsDistinct: false)
    register = program.compile(expression)
    resultCapacity = 256
    // Whether it is NULL for a NULL only is not known here: for a column without, it is asked of the expression.
    results = Column(
      type: expression.type, isNullable: expression.isNullable { _ in isNullable }, capacity: resultCapacity)
  }

  deinit {
    results.deallocate()
  }

  func use(_ references: ReferenceSet) {
    if program.use(references) { removeAll() }
  }

  func removeAll() {
    known = 0
    failures = [:]
    arena.reset()
  }

  /// The results of the values with these ids, of which new ones are evaluated first.
  func gather(
    _ values: borrowing ValueDictionary, _ ids: UnsafePointer<Int32>, _ output: Column, _ failing: FailingRows,
    _ count: Int
  ) {
    while known < values.count { evaluateNext(values) }
    switch output.type.physical {
    case .boolean: for row in 0..<count { output.booleans[row] = results.booleans[Int(ids[row])] }
    case .integer: for row in 0..<count { output.integers[row] = results.integers[Int(ids[row])] }
    case .decimal: for row in 0..<count { output.decimals[row] = results.decimals[Int(ids[row])] }
    case .double: for row in 0..<count { output.doubles[row] = results.doubles[Int(ids[row])] }
    case .text: for row in 0..<count { output.texts[row] = results.texts[Int(ids[row])] }
    }
    if output.isNullable {
      for row in 0..<count { output.validity[row] = results.validity[Int(ids[row])] }
    }
    guard !failures.isEmpty else { return }
    for row in 0..<count {
      if let failure = failures[ids[row]] { failing.fail(row, output, failure.code, failure.message) }
    }
  }

  /// Evaluates the next values that have no results, as many as a batch takes.
  private func evaluateNext(_ values: borrowing ValueDictionary) {
    let count = min(values.count - known, batch.capacity)
    batch.reset(count: count)
    let input = batch.columns[0]
    for row in 0..<count {
      input.texts[row] = values[Int32(known + row)]
      input.validity[row] = known + row == 0 ? 0 : 1
    }
    program.run(batch)
    reserve(known + count)
    let source = program.registers[register]
    for row in 0..<count {
      results.copy(known + row, from: source, row)
      if results.type.physical == .text { results.texts[known + row] = arena.append(results.texts[known + row].bytes) }
    }
    for failure in batch.failures {
      failures[Int32(known + failure.row)] = failure
      results.setFailed(known + failure.row)
    }
    known += count
  }

  private func reserve(_ count: Int) {
    guard count > resultCapacity else { return }
    let larger = Column(type: results.type, isNullable: results.isNullable, capacity: max(count, 2 * resultCapacity))
    for row in 0..<known { larger.copy(row, from: results, row) }
    results.deallocate()
    results = larger
    resultCapacity = max(count, 2 * resultCapacity)
  }

  /// Evaluates every row.
  func evaluate(_ input: Column, _ output: Column, _ failing: FailingRows, _ count: Int) {
    batch.reset(count: count)
    batch.columns[0].texts.update(from: input.texts, count: count)
    batch.columns[0].validity.update(from: input.validity, count: count)
    program.run(batch)
    let source = program.registers[register]
    for row in 0..<count { output.copy(row, from: source, row) }
    for failure in batch.failures {
      output.setFailed(failure.row)
      failing.fail(failure.row, output, failure.code, failure.message)
    }
  }
}

extension Column {
  /// Copies a value between rows; into a column without NULLs only what is none.
  fileprivate func copy(_ row: Int, from source: Column, _ sourceRow: Int) {
    switch type.physical {
    case .boolean: booleans[row] = source.booleans[sourceRow]
    case .integer: integers[row] = source.integers[sourceRow]
    case .decimal: decimals[row] = source.decimals[sourceRow]
    case .double: doubles[row] = source.doubles[sourceRow]
    case .text: texts[row] = source.texts[sourceRow]
    }
    if isNullable { validity[row] = source.validity[sourceRow] }
  }

  /// A failure counts in rows that are not NULL, and its value may be read.
  fileprivate func setFailed(_ row: Int) {
    if isNullable { validity[row] = 1 }
    if type.physical == .text { texts[row] = .empty }
  }
}

extension Expression {
  /// The one text column that it depends on, when that is all and it is worth remembering results by value.
  var distinctColumn: Int? {
    guard containsCostlyPart else { return nil }
    var columns: Set<Int> = []
    var isText = true
    collect(&columns, &isText)
    return columns.count == 1 && isText ? columns.first : nil
  }

  private var containsCostlyPart: Bool {
    switch self {
    case .call(let function, _, _) where function.isCostly: true
    case .lookup: true
    default: children.contains(where: \.containsCostlyPart)
    }
  }

  private func collect(_ columns: inout Set<Int>, _ isText: inout Bool) {
    if case .column(let index, let type) = self {
      columns.insert(index)
      isText = isText && type == .text
    }
    for child in children { child.collect(&columns, &isText) }
  }

  /// The same over a batch that has only that column.
  var overFirstColumn: Expression {
    replacingLeaves { if case .column(_, let type) = $0 { .column(0, type) } else { $0 } }
  }
}
