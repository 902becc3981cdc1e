import Events
import Functions
import Plan

/// The rows that the events of a batch become for the aggregates over the elements of one array, and the operator that
/// aggregates them.
///
/// Rows come in slices of a bounded size. An event is counted as a whole or not at all: the elements of all events are
/// evaluated before the first of them changes anything, and evaluated once more when they did not fit one slice, or when
/// an event has failed meanwhile. Of an array the elements are kept packed, so that a slice is made by copying.
final class Expansion {
  private let function: Unnest.Function
  private let arrayName: String
  private let element: ArrayElement
  /// The array, in the program over events.
  private let array: Program.Register
  /// Which events are wanted; nil: all.
  private let mask: Program.Register?
  /// A row for each element: the event's columns, as far as they are used, and the element behind them.
  private let rows: EventBatch
  private let usedColumns: [Int]
  private let elementColumn: Int
  private let windows: WindowOperator
  private let eventTime: Int

  /// By event of the batch: its array, packed.
  private let arrays: UnsafeMutablePointer<TextView>
  /// By row of the slice: its event, and the number of the element.
  private let events: UnsafeMutablePointer<Int32>
  private let numbers: UnsafeMutablePointer<Int32>
  private let list: ElementList
  private var arena = TextArena()
  /// Whether the slice holds all rows, evaluated, and which events had failed before.
  private var isComplete = false
  private var failuresBefore = 0

  /// By aggregate and event: how many of the rows were aggregated. 0: none has passed WHERE, also where there is none.
  private let aggregated: [UnsafeMutablePointer<Int32>]
  /// In place of their number: the rows were late, as their event is.
  private static let late: Int32 = -1
  private(set) var lateEvents: [LateEvent] = []

  /// - Parameters:
  ///   - members: the aggregates, with their numbers in the stream's plan; all unnest one array.
  ///   - program: over the events of `batch`.
  init(
    _ members: [(index: Int, plan: AggregatePlan)], of plan: StreamPlan, _ unnest: Unnest, program: Program,
    batch: EventBatch, seed: UInt64, retainedBytes: Int
  ) {
    function = unnest.function
    arrayName = unnest.array.name(in: plan)
    element = ArrayElement(unnest.element.type) ?? .jsonb
    mask = Expansion.mask(members, program)
    array = program.compile(unnest.array, mask: mask)
    elementColumn = plan.columns.count
    eventTime = plan.eventTimeColumn
    var inner = plan
    inner.columns.append(
      ColumnSpec(path: [unnest.element.name], type: unnest.element.type, isNullable: unnest.element.isNullable))
    rows = EventBatch(specs: inner.columns, capacity: batch.capacity)
    let column = Expression.column(elementColumn, unnest.element.type)
    let rewritten = members.map { (index: $0.index, plan: $0.plan.readingElement(from: column)) }
    usedColumns = rewritten.reduce(into: Set([plan.eventTimeColumn])) { $0.formUnion($1.plan.usedColumns) }
      .subtracting([elementColumn]).sorted()
    windows = WindowOperator(inner, members: rewritten, batch: rows, seed: seed, retainedBytes: retainedBytes)
    arrays = .allocate(capacity: batch.capacity)
    arrays.initialize(repeating: .empty, count: batch.capacity)
    events = .allocate(capacity: batch.capacity)
    events.initialize(repeating: 0, count: batch.capacity)
    numbers = .allocate(capacity: batch.capacity)
    numbers.initialize(repeating: 0, count: batch.capacity)
    list = ElementList(element)
    aggregated = members.map { _ in
      let counts = UnsafeMutablePointer<Int32>.allocate(capacity: batch.capacity)
      counts.initialize(repeating: 0, count: batch.capacity)
      return counts
    }
  }

  deinit {
    arrays.deallocate()
    events.deallocate()
    numbers.deallocate()
    for counts in aggregated { counts.deallocate() }
  }

  /// The events that one of the aggregates wants by what its WHERE says of the event alone. Postgres, too, asks that before
  /// it looks into the array: `WHERE jsonb_typeof(items) = 'array'`.
  private static func mask(_ members: [(index: Int, plan: AggregatePlan)], _ program: Program) -> Program.Register? {
    var conditions: [Expression] = []
    for member in members {
      guard let condition = member.plan.filter?.ofEventAlone else { return nil }
      if !conditions.contains(condition) { conditions.append(condition) }
    }
    return program.compileMask(conditions.count == 1 ? conditions[0] : .or(conditions))
  }

  var groupings: [Grouping] { windows.groupings }
  var groupCount: Int { windows.groupCount }
  var memory: Int { windows.memory + arena.capacity }

  func drain() -> [WindowDelta] { windows.drain() }

  /// Takes the versions of reference data that the batches to come are computed with.
  func use(_ references: ReferenceSet) { windows.use(references) }

  // MARK: - Evaluating

  /// Evaluates the rows of all events; those that fail by one of them fail.
  func evaluate(_ batch: EventBatch, _ program: Program) {
    gather(batch, program)
    failuresBefore = batch.failures.count
    var position = Position()
    var slices = 0
    repeat {
      fill(batch, &position)
      slices += 1
      windows.evaluate(rows)
      windows.checkEveryText(rows)
      for failure in rows.failures {
        let number = Int(numbers[failure.row]) + 1
        batch.fail(
          Int(events[failure.row]), failure.code, "\(failure.message); in element \(number) of \(arrayName)")
      }
    } while position.event < batch.count
    isComplete = slices == 1
  }

  /// Finds each event's array.
  private func gather(_ batch: EventBatch, _ program: Program) {
    let column = program.registers[array]
    let wanted = mask.map { program.registers[$0].booleans }
    arena.reset()
    for event in 0..<batch.count {
      arrays[event] = .empty
      guard batch.live[event] == 1, column.validity[event] == 1, wanted?[event] ?? 1 == 1 else { continue }
      do throws(ScalarError) {
        arrays[event] = try packed(column.texts[event])
      } catch {
        batch.fail(event, error.code, "\(arrayName): \(error.message)")
        continue
      }
      let count = ArrayView(arrays[event], of: element).count
      guard count > Unnest.maximumElements else { continue }
      arrays[event] = .empty
      batch.fail(
        event, .limitExceeded, "\(arrayName) has \(count) elements: at most \(Unnest.maximumElements) become rows")
    }
  }

  private func packed(_ text: TextView) throws(ScalarError) -> TextView {
    guard function != .unnest else { return text }
    list.removeAll()
    try JSONElements.read(text, isText: function == .jsonbTexts, limit: Unnest.maximumElements) { bytes in
      let row = list.append()
      guard let bytes else { return }
      list.column.texts[row] = arena.append(bytes)
      list.column.validity[row] = 1
    }
    return list.packed(into: &arena)
  }

  /// The next element that has no row.
  private struct Position {
    var event = 0
    var element = 0
  }

  /// Makes the next rows, as many as there is room for.
  private func fill(_ batch: EventBatch, _ position: inout Position) {
    var count = 0
    let target = rows.columns[elementColumn]
    while position.event < batch.count, count < rows.capacity {
      let array = ArrayView(arrays[position.event], of: element)
      let left = batch.live[position.event] == 1 ? array.count - position.element : 0
      let taken = min(left, rows.capacity - count)
      if taken > 0 {
        array.copy(position.element..<position.element + taken, to: target, at: count)
        for offset in 0..<taken {
          events[count + offset] = Int32(truncatingIfNeeded: position.event)
          numbers[count + offset] = Int32(truncatingIfNeeded: position.element + offset)
        }
        count += taken
        position.element += taken
      }
      if taken == left || left <= 0 { position = Position(event: position.event + 1) }
    }
    rows.reset(count: count)
    for column in usedColumns { gatherRows(batch.columns[column], into: rows.columns[column], events, count) }
  }

  // MARK: - Aggregating

  /// Aggregates the rows of the events that have not failed. Nothing can fail any more.
  func accumulate(_ batch: EventBatch, watermark: Int64?) {
    lateEvents.removeAll()
    for counts in aggregated { counts.update(repeating: 0, count: batch.count) }
    if isComplete, batch.failures.count == failuresBefore {
      accumulateSlice(watermark)
      return
    }
    var position = Position()
    repeat {
      fill(batch, &position)
      windows.evaluate(rows)
      accumulateSlice(watermark)
    } while position.event < batch.count
  }

  private func accumulateSlice(_ watermark: Int64?) {
    windows.assign(rows, watermark: watermark)
    for (counts, grouping) in zip(aggregated, windows.groupings) { note(grouping, counts) }
    noteLateEvents()
    windows.accumulate(rows)
  }

  private func note(_ grouping: Grouping, _ counts: UnsafeMutablePointer<Int32>) {
    for row in 0..<rows.count {
      switch grouping.outcome(of: row) {
      case .aggregated: counts[Int(events[row])] += 1
      case .late: counts[Int(events[row])] = Expansion.late
      case .filtered: break
      }
    }
  }

  /// An event is late once, however many rows it is, which follow each other.
  private func noteLateEvents() {
    for late in windows.lateEvents {
      var event = late
      event.row = Int(events[late.row])
      let last = lateEvents.last { $0.aggregate == event.aggregate }
      if last?.row != event.row { lateEvents.append(event) }
    }
  }

  /// What became of the events of a run for each of the aggregates.
  func dispositions(_ batch: EventBatch, _ run: Range<Int>, into counts: inout RunCounts) {
    for (rowCounts, grouping) in zip(aggregated, windows.groupings) {
      var count = RunCounts.Aggregate()
      for event in run where batch.live[event] == 1 {
        let rows = rowCounts[event]
        count.filtered += rows == 0 ? 1 : 0
        count.late += rows == Expansion.late ? 1 : 0
        count.aggregated += rows > 0 ? 1 : 0
        count.rows += max(0, Int(rows))
      }
      if grouping.plan.latePolicy == .deadLetter { swap(&count.late, &count.dead) }
      counts.aggregates[grouping.index] = count
    }
  }
}

/// Repeats an event's value for each of its rows.
private func gatherRows(
  _ source: Column, into target: Column, _ events: UnsafePointer<Int32>, _ count: Int
) {
  switch target.type.physical {
  case .boolean: for row in 0..<count { target.booleans[row] = source.booleans[Int(events[row])] }
  case .integer: for row in 0..<count { target.integers[row] = source.integers[Int(events[row])] }
  case .decimal: for row in 0..<count { target.decimals[row] = source.decimals[Int(events[row])] }
  case .double: for row in 0..<count { target.doubles[row] = source.doubles[Int(events[row])] }
  case .text: for row in 0..<count { target.texts[row] = source.texts[Int(events[row])] }
  }
  guard target.isNullable else { return }
  for row in 0..<count { target.validity[row] = source.validity[Int(events[row])] }
}

extension Expression {
  /// As messages name an array.
  fileprivate func name(in plan: StreamPlan) -> String {
    if case .column(let index, _) = self { plan.columns[index].path.joined(separator: ".") } else { "the array" }
  }

  /// What a condition says of the event alone: those terms of an AND that do not read the element.
  fileprivate var ofEventAlone: Expression? {
    guard readsElement else { return self }
    // Of a cascade: what the first aggregate lets pass, and then the other.
    if case .caseWhen(let branches, .literal(.boolean(false))) = self, branches.count == 1 {
      return branches[0].condition.ofEventAlone
    }
    guard case .and(let terms) = self else { return nil }
    let own = terms.compactMap(\.ofEventAlone)
    return own.isEmpty ? nil : own.count == 1 ? own[0] : .and(own)
  }
}

extension AggregatePlan {
  /// The same over a batch that has the element in a column.
  fileprivate func readingElement(from column: Expression) -> AggregatePlan {
    func replaced(_ expression: Expression) -> Expression {
      expression.replacingLeaves { if case .unnested = $0 { column } else { $0 } }
    }
    var plan = self
    plan.unnest = nil
    plan.filter = filter.map(replaced)
    for index in keys.indices { plan.keys[index].expression = replaced(keys[index].expression) }
    for index in accumulators.indices {
      plan.accumulators[index].argument = accumulators[index].argument.map(replaced)
      plan.accumulators[index].secondArgument = accumulators[index].secondArgument.map(replaced)
      plan.accumulators[index].filter = accumulators[index].filter.map(replaced)
    }
    return plan
  }
}
