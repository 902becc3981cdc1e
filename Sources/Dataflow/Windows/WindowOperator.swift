import Events
import Plan

/// Turns event batches into window deltas: the aggregates of one stream, kept incrementally.
///
/// An event is counted in all aggregates or in none: whatever can fail (expressions, keys, ranges) is evaluated for the
/// whole batch before the first accumulator is touched. Owned by the worker thread; no clock, no I/O.
public final class WindowOperator {
  /// Together with the other columns of the primary key it must fit a third of a Postgres page.
  static let maxKeyBytes = 2000
  /// What is kept between drains when nobody says otherwise.
  public static let defaultRetainedBytes = 64 << 20

  private let plan: StreamPlan
  private let program: Program
  /// Of the aggregates over elements of arrays: one for each array.
  private var expansions: [Expansion] = []
  private var keys: KeyInterner
  /// One for each kind of panes.
  private let windows: [WindowTable]
  /// Of the aggregates over events.
  private(set) var groupings: [Grouping] = []
  private let doubleSums: [Program.Register]
  private let decimalSums: [Program.Register]
  /// Columns of dates and times, with what Postgres can hold of their types. Without the event time.
  private let bounded: [(column: Int, range: ClosedRange<Int64>)]
  private let retainedBytes: Int
  /// Of an operator that has seen no event.
  private var emptyMemory = 0
  /// Held after the last drain, for the batches to come.
  private var keptMemory = 0

  /// - Parameters:
  ///   - batch: the batch that every `process` will be given.
  ///   - seed: of the hash functions; random in production, fixed in tests.
  ///   - retainedBytes: how much more than an empty operator's memory a drain may leave, so that known keys and groups
  ///     are found again; half of it is for the keys.
  public convenience init(
    _ plan: StreamPlan, batch: EventBatch, seed: UInt64, retainedBytes: Int = WindowOperator.defaultRetainedBytes
  ) {
    let all = plan.aggregates.enumerated().map { (index: $0, plan: $1) }
    self.init(
      plan, members: all.filter { $0.plan.unnest == nil }, batch: batch, seed: seed, retainedBytes: retainedBytes)
    addExpansions(all.filter { $0.plan.unnest != nil }, batch: batch, seed: seed)
  }

  /// - Parameter members: the aggregates over the rows of `batch`, with their numbers in the stream's plan.
  init(
    _ plan: StreamPlan, members: [(index: Int, plan: AggregatePlan)], batch: EventBatch, seed: UInt64,
    retainedBytes: Int
  ) {
    self.plan = plan
    self.retainedBytes = retainedBytes
    let program = Program(batch: batch)
    var keys = KeyInterner(capacity: batch.capacity, seed: seed)
    var windows: [WindowTable] = []
    var doubles: Set<Int> = []
    var decimals: Set<Int> = []
    for (index, aggregate) in members {
      let filter = program.compileMask(aggregate.filter)
      let keyIndices = aggregate.keys.map { keys.add($0, register: program.compile($0.expression, mask: filter)) }
      var layout = GroupStates.Layout()
      let accumulators = aggregate.accumulators.map { accumulator in
        // What a mask leaves out is not written, and every value that is counted is interned: of these the filter is a part
        // of what is `measured`.
        let ownFilter = accumulator.function == .frequencies ? nil : accumulator.filter
        let mask = program.compileMask(ownFilter, under: filter)
        let argument = accumulator.measured.map { program.compile($0, mask: mask) }
        let second = accumulator.secondArgument.map { program.compile($0, mask: mask) }
        for argument in [argument, second].compactMap({ $0 }) {
          switch (accumulator.function, program.registers[argument].type.physical) {
          case (.sum, .double), (.deviations, _), (.codeviations, _): doubles.insert(argument)
          case (.sum, .decimal), (.sumOfSquares, .decimal): decimals.insert(argument)
          default: break
          }
        }
        let name = argument.map { plan.measureName($0) } ?? ""
        let counted: Int? =
          if accumulator.function == .frequencies, let argument, let value = accumulator.measured {
            keys.add(
              KeyColumn(name: name, expression: value, type: value.type, isNullable: true, comment: ""),
              register: argument)
          } else {
            nil
          }
        return Accumulator(
          accumulator, argument: argument, secondArgument: second, counted: counted, argumentName: name,
          argumentIsNullable: argument.map(program.isNullable) ?? false,
          filter: ownFilter == nil ? nil : mask, layout: &layout, batchCapacity: batch.capacity)
      }
      let bounds = SessionBounds(aggregate.window, layout: &layout)
      let panes = aggregate.window.panes
      let table = windows.first { $0.panes == panes } ?? WindowTable(panes, capacity: batch.capacity)
      if !windows.contains(where: { $0 === table }) { windows.append(table) }
      groupings.append(
        Grouping(
          index: index, plan: aggregate, filter: filter, keys: keyIndices, accumulators: accumulators,
          bounds: bounds, layout: layout, windows: table, capacity: batch.capacity, seed: seed))
    }
    self.windows = windows
    self.program = program
    self.keys = keys
    doubleSums = doubles.sorted()
    decimalSums = decimals.sorted()
    bounded = plan.columns.indices.compactMap { index in
      guard index != plan.eventTimeColumn else { return nil }
      return plan.columns[index].type.storableRange.map { (index, $0) }
    }
    emptyMemory = ownMemory
    keptMemory = emptyMemory
  }

  /// Takes the versions of reference data that the batches to come are computed with. Without it nothing has a row.
  public func use(_ references: ReferenceSet) {
    program.use(references)
    for expansion in expansions { expansion.use(references) }
  }

  /// Aggregates over one array share its rows; another name of the element makes no difference.
  private func addExpansions(_ members: [(index: Int, plan: AggregatePlan)], batch: EventBatch, seed: UInt64) {
    var rest = members
    while let first = rest.first?.plan.unnest {
      let isShared = { (member: (index: Int, plan: AggregatePlan)) in
        member.plan.unnest?.function == first.function && member.plan.unnest?.array == first.array
      }
      expansions.append(
        Expansion(
          rest.filter(isShared), of: plan, first, program: program, batch: batch, seed: seed,
          retainedBytes: retainedBytes))
      rest.removeAll(where: isShared)
    }
    emptyMemory = ownMemory
    keptMemory = memory
  }

  /// Groups that a drain would return.
  public var groupCount: Int {
    groupings.reduce(0) { $0 + $1.groupCount } + expansions.reduce(0) { $0 + $1.groupCount }
  }

  /// The late events among the last batch's that are to become dead letters.
  public var lateEvents: [LateEvent] { groupings.flatMap(\.lateEvents) + expansions.flatMap(\.lateEvents) }

  /// The groupings of all aggregates, in no order.
  var allGroupings: [Grouping] { groupings + expansions.flatMap(\.groupings) }

  /// Bytes held by groups, accumulators and dictionaries.
  public var memory: Int { ownMemory + expansions.reduce(0) { $0 + $1.memory } }

  private var ownMemory: Int {
    keys.memory + windows.reduce(0) { $0 + $1.memory } + groupings.reduce(0) { $0 + $1.memory }
  }

  /// Bytes that have come since the last drain. What a drain keeps is not among them: whoever stops reading at a bound
  /// until the next drain would wait for it for ever.
  public var deltaMemory: Int { max(0, memory - keptMemory) }

  /// Adds a decoded batch.
  ///
  /// - Parameters:
  ///   - runs: cover the batch's rows in order.
  ///   - now: the wall clock in microseconds since 1970, against which events from the future are recognised.
  ///   - watermark: decides with each aggregate's retention and lateness which events are late; nil: none is.
  /// - Returns: the counts of each run. Rows that failed are in `batch.failures`.
  public func process(_ batch: EventBatch, runs: [PartitionRun], now: Int64, watermark: Int64?) -> [RunCounts] {
    let times = batch.columns[plan.eventTimeColumn]
    checkEventTimes(batch, times, latest: now + plan.definition.maxAheadMicroseconds)
    evaluate(batch)
    for expansion in expansions { expansion.evaluate(batch, program) }
    assign(batch, watermark: watermark)
    for expansion in expansions { expansion.accumulate(batch, watermark: watermark) }

    var counts = runs.map { run in
      var count = RunCounts(aggregateCount: plan.aggregates.count)
      count.consumed = run.rows.count
      (count.dead, count.maxEventTime) = survey(batch, times, run.rows)
      return count
    }
    for grouping in groupings {
      for (index, run) in runs.enumerated() {
        var aggregate = grouping.dispositions(run.rows)
        aggregate.aggregated =
          counts[index].consumed - counts[index].dead - aggregate.filtered - aggregate.late - aggregate.dead
        counts[index].aggregates[grouping.index] = aggregate
      }
    }
    for expansion in expansions {
      for (index, run) in runs.enumerated() { expansion.dispositions(batch, run.rows, into: &counts[index]) }
    }
    accumulate(batch)
    return counts
  }

  // MARK: - The steps of a batch

  /// Evaluates all that can fail but what depends on groups.
  func evaluate(_ batch: EventBatch) {
    checkTimes(batch)
    program.run(batch)
    checkMeasures(batch)
    keys.intern(batch, program)
    for grouping in groupings { keys.checkLength(of: grouping, batch) }
  }

  /// Finds the groups of an evaluated batch, of which events may fail once more.
  func assign(_ batch: EventBatch, watermark: Int64?) {
    let times = batch.columns[plan.eventTimeColumn]
    for table in windows { table.assign(times.integers, batch.count) }
    for grouping in groupings { grouping.assign(batch, times, keys, program, watermark: watermark) }
    checkTexts(batch, times, watermark)
  }

  /// Changes the groups that have been found.
  func accumulate(_ batch: EventBatch) {
    let times = batch.columns[plan.eventTimeColumn]
    for grouping in groupings { grouping.accumulate(program, keys, times.integers, batch.count) }
  }

  /// Fails the rows of an evaluated batch whose text could not be stored, whatever their groups have.
  func checkEveryText(_ batch: EventBatch) {
    for grouping in groupings { grouping.checkEveryText(program, batch) }
  }

  /// Texts are compared with what their groups have, so the groups have to be known: when an event fails only now, they
  /// are found once more without it.
  private func checkTexts(_ batch: EventBatch, _ times: Column, _ watermark: Int64?) {
    let failures = batch.failures.count
    for grouping in groupings { grouping.checkTexts(program, batch) }
    guard batch.failures.count > failures else { return }
    for grouping in groupings { grouping.assignAgain(batch, times, keys, program, watermark: watermark) }
  }

  /// What has been accumulated since the last drain, one delta per aggregate that has any; starts anew.
  public func drain() -> [WindowDelta] {
    var deltas = groupings.compactMap { $0.drain(keys) }
    if !expansions.isEmpty {
      for expansion in expansions { deltas += expansion.drain() }
      deltas.sort { $0.aggregate < $1.aggregate }
    }
    for table in windows { table.removeAll() }
    if keys.memory > retainedBytes / 2 { keys.removeAll() }
    if ownMemory > emptyMemory + retainedBytes {
      keys.removeAll()
      for grouping in groupings { grouping.releaseMemory() }
    }
    keptMemory = memory
    return deltas
  }

  /// Postgres' `timestamptz` reaches from 4714 BC to AD 294276; a window, its lateness and its retention must fit, too.
  static let earliest: Int64 = -200_000_000_000_000_000
  static let latest: Int64 = 9_200_000_000_000_000_000

  private func checkEventTimes(_ batch: EventBatch, _ times: Column, latest: Int64) {
    let latest = min(latest, WindowOperator.latest)
    if !times.isNullable, areWithin(WindowOperator.earliest...latest, times.integers, batch.count) { return }
    for row in 0..<batch.count {
      let time = times.integers[row]
      if times.validity[row] == 1, time >= WindowOperator.earliest, time <= latest { continue }
      guard batch.live[row] == 1 else {
        // The rest of the operator reads every row: a dead one gets a harmless time.
        times.integers[row] = 0
        continue
      }
      let field = plan.definition.eventTime.joined(separator: ".")
      if times.validity[row] == 0 {
        batch.fail(row, .invalidEventTime, "\(field) is null")
      } else if time < WindowOperator.earliest || time > WindowOperator.latest {
        batch.fail(row, .invalidEventTime, "\(field) is out of range: \(time) microseconds since 1970")
      } else {
        let ahead = (time - latest + plan.definition.maxAheadMicroseconds) / 1_000_000
        batch.fail(
          row, .futureEventTime, "\(field) is \(ahead) s ahead of the clock; the stream's max_ahead refuses it")
      }
      times.integers[row] = 0
    }
  }

  /// An event with a date or a time that Postgres cannot hold is none that the definition's SELECT could be run over; and
  /// as a key or a result it would make the transaction fail, and every repetition of it. Casts keep within the ranges.
  private func checkTimes(_ batch: EventBatch) {
    for (index, range) in bounded {
      let column = batch.columns[index]
      if areWithin(range, column.integers, batch.count) { continue }
      for row in 0..<batch.count where !range.contains(column.integers[row]) && column.validity[row] == 1 {
        batch.fail(
          row, .timeOutOfRange,
          "\(plan.measureName(index)) is out of range for \(column.type.sqlName): \(column.integers[row])")
      }
    }
  }

  /// The sizes of numbers that are summed. Even the product and the ratio of two sums, and what cancellation leaves of
  /// one, are then within the range of a double: generated columns compute with sums, and an overflow or underflow there
  /// is an error of the whole transaction.
  private static let summands = 1e-140...1e140

  /// Numbers that would make the merge in Postgres fail for ever after, since its arithmetic with sums would refuse them.
  private func checkMeasures(_ batch: EventBatch) {
    for register in doubleSums {
      let column = program.registers[register]
      guard !areClearlySummable(WindowOperator.summands, column.doubles, batch.count) else { continue }
      for row in 0..<batch.count {
        let size = column.doubles[row].magnitude
        if WindowOperator.summands.contains(size) || size == 0 || !size.isFinite { continue }
        guard column.validity[row] == 1 else { continue }
        batch.fail(
          row, .outOfRange,
          "\(plan.measureName(register)) is too \(size > 1 ? "large" : "small") to be summed: \(column.doubles[row])")
      }
    }
    for register in decimalSums {
      let column = program.registers[register]
      let limit: Int128 = 1_000_000_000_000_000_000_000_000_000
      for row in 0..<batch.count where column.decimals[row].magnitude > limit.magnitude && column.validity[row] == 1 {
        batch.fail(row, .outOfRange, "\(plan.measureName(register)) is too large to be summed")
      }
    }
  }

  private func survey(_ batch: EventBatch, _ times: Column, _ rows: Range<Int>) -> (dead: Int, latest: Int64?) {
    if batch.failures.isEmpty { return (0, greatest(times.integers, rows)) }
    var live = 0
    var latest = Int64.min
    for row in rows {
      live += Int(batch.live[row])
      latest = max(latest, batch.live[row] == 1 ? times.integers[row] : Int64.min)
    }
    return (rows.count - live, live == 0 ? nil : latest)
  }
}

extension AccumulatorPlan {
  /// What is evaluated of an event. Values that are counted are interned, and those that a filter leaves out are not.
  fileprivate var measured: Expression? {
    guard function == .frequencies, let argument, let filter else { return argument }
    return .caseWhen(
      [Expression.CaseBranch(condition: filter, value: argument)], otherwise: .literal(.null(argument.type)))
  }
}

extension StreamPlan {
  /// What a message calls a register that an aggregate measures.
  fileprivate func measureName(_ register: Program.Register) -> String {
    register < columns.count ? columns[register].path.joined(separator: ".") : "a computed measure"
  }
}

/// Whether all values lie in the range: without an early end, so that it can be vectorised.
private func areWithin(_ range: ClosedRange<Int64>, _ values: UnsafeMutablePointer<Int64>, _ count: Int) -> Bool {
  // A difference is negative outside; times so far out that it wraps around make the other one negative.
  var outside: Int64 = 0
  for row in 0..<count { outside |= (values[row] &- range.lowerBound) | (range.upperBound &- values[row]) }
  return outside >= 0
}

private func greatest(_ values: UnsafeMutablePointer<Int64>, _ rows: Range<Int>) -> Int64? {
  var highest = Int64.min
  for row in rows { highest = max(highest, values[row]) }
  return rows.isEmpty ? nil : highest
}

/// Whether all values are clearly within the range, whatever their signs. Zero, infinities, NaN and what is close to a bound
/// are not: whoever calls looks at each value then.
private func areClearlySummable(
  _ range: ClosedRange<Double>, _ values: UnsafeMutablePointer<Double>, _ count: Int
) -> Bool {
  // As integers, sizes are ordered as they are as numbers; their upper halves take a quarter of the instructions. A
  // difference is negative outside.
  let lower = Int32(truncatingIfNeeded: range.lowerBound.bitPattern &>> 32) + 1
  let upper = Int32(truncatingIfNeeded: range.upperBound.bitPattern &>> 32) - 1
  var outside: Int32 = 0
  for row in 0..<count {
    let size = Int32(truncatingIfNeeded: values[row].bitPattern &>> 32) & .max
    outside |= (size &- lower) | (upper &- size)
  }
  return outside >= 0
}
