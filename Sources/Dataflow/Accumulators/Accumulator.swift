import Events
import Plan

/// One aggregate function: how an event changes its group's state.
final class Accumulator {
  private enum Function {
    case count
    case sumIntegers
    case sumDecimals
    case sumDoubles
    case extreme(PhysicalType, wantsGreater: Bool)
    case squares
    case deviations
    case codeviations
    case distinct
    case quantiles
    case pick(PhysicalType, wantsLater: Bool)
    /// The value is interned, under that number.
    case frequencies(Int)
    case histogram(HistogramBounds)
  }

  private let function: Function
  private let type: SQLType
  private let argumentType: SQLType
  private let argument: Program.Register?
  private let secondArgument: Program.Register?
  /// For messages.
  private let argumentName: String
  private let filter: Program.Register?
  /// Where in a row the state is.
  private let value: Int
  /// Where in a row it says whether there is a value; nil: every group has one from its first event on.
  private let presence: Int?
  /// Where else in a row the state is, when one cell is not enough.
  private let further: [Int]
  /// What cells of sketches lead to.
  private var tables: SketchTables
  /// Room for a mask made of the filter and the argument's validity, when there are both.
  private let both: UnsafeMutablePointer<UInt8>?
  /// Of texts, and of states that are drained as texts.
  private var texts = TextArena(chunkSize: 64 * 1024)
  private var newTexts: NewTexts?

  /// - Parameters:
  ///   - counted: the number under which the argument is interned, where values are counted.
  ///   - layout: gets the cells that the accumulator needs.
  init(
    _ plan: AccumulatorPlan, argument: Program.Register?, secondArgument: Program.Register? = nil, counted: Int? = nil,
    argumentName: String, argumentIsNullable: Bool, filter: Program.Register?, layout: inout GroupStates.Layout,
    batchCapacity: Int
  ) {
    type = plan.type
    self.argument = argument
    self.secondArgument = secondArgument
    self.argumentName = argumentName
    self.filter = filter
    var isExtreme = false
    var furtherCells: [Int] = []
    argumentType = plan.argument?.type ?? plan.type
    tables = plan.function == .frequencies ? SketchTables(countBits: FrequencySketch.countBits) : SketchTables()
    switch (plan.function, plan.argument?.type.physical) {
    case (.count, _): function = .count
    case (.sum, .double?): function = .sumDoubles
    case (.sum, .decimal?): function = .sumDecimals
    case (.sum, _): function = plan.type.physical == .decimal ? .sumDecimals : .sumIntegers
    case (.min, let physical), (.max, let physical):
      function = .extreme(physical ?? .integer, wantsGreater: plan.function == .max)
      isExtreme = true
      if physical == .text { newTexts = NewTexts(capacity: batchCapacity) }
    case (.boolAnd, _), (.boolOr, _):
      function = .extreme(.boolean, wantsGreater: plan.function == .boolOr)
      isExtreme = true
    case (.sumOfSquares, _):
      function = .squares
      furtherCells = [16]
    case (.deviations, _):
      function = .deviations
      furtherCells = [8, 8]
    case (.codeviations, _):
      function = .codeviations
      furtherCells = [8, 8, 8]
    case (.distinct, _): function = .distinct
    case (.quantiles, _): function = .quantiles
    case (.first, let physical), (.last, let physical):
      function = .pick(physical ?? .integer, wantsLater: plan.function == .last)
      isExtreme = true
      furtherCells = physical == .text ? [8, 8] : [8]
      if physical == .text { newTexts = NewTexts(capacity: batchCapacity) }
    case (.frequencies, _): function = .frequencies(counted ?? 0)
    case (.histogram, _):
      function = .histogram(HistogramBounds(plan.constants, of: argumentType))
      // Buckets lie one behind the other.
      furtherCells = plan.constants.map { _ in 8 }
    }
    value = layout.add(bytes: plan.function == .histogram ? 8 : plan.type.physical.width)
    further = furtherCells.map { layout.add(bytes: $0) }
    // A sketch says itself whether there is one.
    let canBeNull =
      ![.count, .distinct, .quantiles, .frequencies, .histogram].contains(plan.function)
      && (argumentIsNullable || filter != nil)
    presence = canBeNull || isExtreme ? layout.add(bytes: 1) : nil
    both = argumentIsNullable && filter != nil ? .allocate(capacity: batchCapacity) : nil
    both?.initialize(repeating: 0, count: batchCapacity)
  }

  deinit {
    both?.deallocate()
  }

  /// Bytes held beside the groups' states.
  var memory: Int { texts.capacity + tables.memory }

  private func values(_ states: GroupStates) -> StateColumn {
    StateColumn(start: states.base + value)
  }

  private func further(_ index: Int, _ states: GroupStates) -> StateColumn {
    StateColumn(start: states.base + further[index])
  }

  private func presences(_ states: GroupStates) -> StateColumn? {
    presence.map { StateColumn(start: states.base + $0) }
  }

  /// Adds a batch: event `i` goes to `groups[i]`. Of texts, `checkTexts` has looked at the batch before.
  func add(
    to states: GroupStates, _ groups: UnsafePointer<Int32>, _ program: Program, _ keys: KeyInterner, _ count: Int
  ) {
    let input = argument.map { program.registers[$0] }
    let mask = takePart(program, count)
    let values = values(states)
    let presences = presences(states)
    switch function {
    case .count:
      if let mask {
        countMasked(values, groups, mask, count)
      } else {
        countAll(values, groups, count)
      }
    case .sumIntegers:
      guard let input else { return }
      sum(input.integers, values, presences, groups, mask, count) { (total: Int64, value) in total &+ value }
    case .sumDecimals:
      guard let input else { return }
      if input.type.physical == .decimal {
        sum(input.decimals, values, presences, groups, mask, count) { (total: Int128, value) in total &+ value }
      } else {
        sum(input.integers, values, presences, groups, mask, count) { (total: Int128, value) in
          total &+ Int128(value)
        }
      }
    case .sumDoubles:
      guard let input else { return }
      sum(input.doubles, values, presences, groups, mask, count) { (total: Double, value) in total + value }
    case .extreme(let physical, let wantsGreater):
      guard let input, let presences else { return }
      addExtreme(physical, wantsGreater, input, values, presences, groups, mask, count)
    case .squares:
      guard let input else { return }
      let highs = further(0, states)
      if input.type.physical == .decimal {
        addSquares(input.decimals, values, highs, presences, groups, mask, count)
      } else {
        addSquares(input.integers, values, highs, presences, groups, mask, count)
      }
    case .deviations:
      guard let input else { return }
      addDeviations(
        input.doubles, values, further(0, states), further(1, states), presences, groups, mask, count)
    case .codeviations:
      guard let input, let second = secondArgument.map({ program.registers[$0] }) else { return }
      addCodeviations(
        input.doubles, second.doubles, values, further(0, states), further(1, states), further(2, states), presences,
        groups, mask, count)
    case .distinct:
      guard let input else { return }
      DistinctSketch.add(input, to: &tables, values, groups, mask, count)
    case .quantiles:
      guard let input else { return }
      QuantileSketch.add(input.doubles, to: &tables, values, groups, mask, count)
    case .pick(let physical, let wantsLater):
      guard let input, let times = secondArgument.map({ program.registers[$0] }), let presences else { return }
      let bestTimes = further(0, states)
      if physical == .text {
        pickTexts(
          input.texts, times.integers, values, bestTimes, further(1, states), presences, groups, mask, count, &texts,
          wantsLater: wantsLater)
      } else {
        addPick(physical, wantsLater, input, times.integers, values, bestTimes, presences, groups, mask, count)
      }
    case .frequencies(let key): FrequencySketch.add(keys.ids(key), to: &tables, values, groups, count)
    case .histogram(let bounds):
      guard let input else { return }
      bounds.add(input, to: values, groups, mask, count)
    }
  }

  /// Whether it counts events that pass a filter.
  var isFilteredCount: Bool {
    guard case .count = function else { return false }
    return filter != nil
  }

  /// The same for two counts with filters: an event's group is looked up once for both.
  func add(
    with other: Accumulator, to states: GroupStates, _ groups: UnsafePointer<Int32>, _ program: Program, _ count: Int
  ) {
    guard let mask = takePart(program, count), let otherMask = other.takePart(program, count) else { return }
    countMasked(values(states), mask, other.values(states), otherMask, groups, count)
  }

  /// Which events count: those that pass the filter and whose argument is not NULL. nil: all.
  private func takePart(_ program: Program, _ count: Int) -> UnsafePointer<UInt8>? {
    let filter = filter.map { program.registers[$0].booleans }
    let input = argument.map { program.registers[$0] }
    let validity = input.flatMap { $0.isNullable ? $0.validity : nil }
    guard let filter, let validity, let both else { return UnsafePointer(filter ?? validity) }
    for event in 0..<count { both[event] = filter[event] & validity[event] }
    return UnsafePointer(both)
  }

  private func addExtreme(
    _ physical: PhysicalType, _ wantsGreater: Bool, _ input: Column, _ values: StateColumn, _ presences: StateColumn,
    _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
  ) {
    switch physical {
    case .boolean:
      extreme(input.booleans, values, presences, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .integer:
      extreme(input.integers, values, presences, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .decimal:
      extreme(input.decimals, values, presences, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .double:
      extreme(input.doubles, values, presences, groups, mask, count) {
        wantsGreater ? orderOfDoubles($0, $1) > 0 : orderOfDoubles($0, $1) < 0
      }
    case .text:
      guard let newTexts else { return }
      extreme(newTexts.events, input.texts, values, presences, groups, &texts) { wantsGreater ? $0 > 0 : $0 < 0 }
    }
  }

  private func addPick(
    _ physical: PhysicalType, _ wantsLater: Bool, _ input: Column, _ times: UnsafeMutablePointer<Int64>,
    _ values: StateColumn, _ bestTimes: StateColumn, _ presences: StateColumn, _ groups: UnsafePointer<Int32>,
    _ mask: UnsafePointer<UInt8>?, _ count: Int
  ) {
    func pick<Value>(_ inputs: UnsafeMutablePointer<Value>, _ isLess: (Value, Value) -> Bool) {
      Dataflow.pick(
        inputs, times, values, bestTimes, presences, groups, mask, count, wantsLater: wantsLater, isLess)
    }
    switch physical {
    case .boolean: pick(input.booleans) { $0 < $1 }
    case .integer: pick(input.integers) { $0 < $1 }
    case .decimal: pick(input.decimals) { $0 < $1 }
    case .double: pick(input.doubles) { orderOfDoubles($0, $1) < 0 }
    // Have a loop of their own.
    case .text: break
    }
  }

  /// Whether texts have to be checked before `add`.
  var isTextual: Bool { newTexts != nil }

  /// Texts that Postgres cannot store fail their events. One that its group has already can be stored, and changes
  /// nothing: nearly every event's title is compared once and not looked at again.
  func checkTexts(_ states: GroupStates, _ groups: UnsafePointer<Int32>, _ program: Program, _ batch: EventBatch) {
    guard let newTexts, let argument, let presences = presences(states) else { return }
    let texts = program.registers[argument].texts
    newTexts.find(
      texts, values(states), presences, groups, takePart(program, batch.count), batch.count,
      areFarApart: states.areFarApart)
    for event in newTexts.events where !isStorableText(texts[Int(event)]) {
      batch.fail(Int(event), .invalidUTF8, "\(argumentName) is not UTF-8 text without zero bytes")
    }
  }

  /// The same for every text that takes part, whatever its group has.
  ///
  /// - Parameter passes: the rows that pass the aggregate's WHERE; nil: all.
  func checkEveryText(_ program: Program, _ batch: EventBatch, where passes: UnsafePointer<UInt8>?) {
    guard let argument else { return }
    let texts = program.registers[argument].texts
    let mask = takePart(program, batch.count)
    for row in 0..<batch.count where (mask?[row] ?? 1) & (passes?[row] ?? 1) == 1 && !isStorableText(texts[row]) {
      batch.fail(row, .invalidUTF8, "\(argumentName) is not UTF-8 text without zero bytes")
    }
  }

  /// The states of all groups, whose rows are in `copy`, with the memory of their texts: the states have to be cleared.
  func drain(_ copy: DeltaRows, _ keys: KeyInterner) -> DeltaColumn {
    let values = DeltaCells(rows: copy, offset: value)
    let presence = presence.map { DeltaCells(rows: copy, offset: $0) }
    switch function {
    case .squares:
      let highs = DeltaCells(rows: copy, offset: further[0])
      return drained(copy.count, as: .text) { row, text in
        if let presence, presence.value(row, as: UInt8.self) == 0 { return false }
        WideSum(high: highs.value(row, as: UInt128.self), low: values.value(row, as: UInt128.self))
          .appendText(scale: type.scale, to: &text)
        return true
      }
    case .distinct:
      defer { tables.removeAll() }
      var coupons: [UInt64] = []
      return drained(copy.count, as: .bits) { row, bytes in
        guard let table = values.value(row, as: SketchTables.Table?.self) else { return false }
        SketchTables.coupons(of: table, into: &coupons)
        DistinctSketch.append(coupons, to: &bytes)
        return true
      }
    case .quantiles:
      defer { tables.removeAll() }
      var entries: [UInt64] = []
      return drained(copy.count, as: .text) { row, text in
        guard let table = values.value(row, as: SketchTables.Table?.self) else { return false }
        SketchTables.entries(of: table, into: &entries)
        QuantileSketch.appendText(entries, to: &text)
        return true
      }
    case .frequencies(let key):
      defer { tables.removeAll() }
      var entries: [UInt64] = []
      return drained(copy.count, as: .jsonb) { row, text in
        guard let table = values.value(row, as: SketchTables.Table?.self) else { return false }
        FrequencySketch.entries(of: table, in: tables, into: &entries)
        FrequencySketch.append(entries, of: key, argumentType, keys, to: &text)
        return true
      }
    case .histogram:
      return drained(copy.count, as: .text) { row, text in
        let counts = ([value] + further).map { DeltaCells(rows: copy, offset: $0).value(row, as: UInt64.self) }
        guard counts.contains(where: { $0 > 0 }) else { return false }
        text.append(UInt8(ascii: "{"))
        for (index, count) in counts.enumerated() {
          if index > 0 { text.append(UInt8(ascii: ",")) }
          appendDigits(count, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return true
      }
    default: return DeltaColumn(type: type, values, presence: presence, memory: texts.handOver())
    }
  }

  /// A column of bytes that are made of the states.
  ///
  /// - Parameter append: appends a row's; false: the row has none.
  private func drained(_ count: Int, as type: SQLType, _ append: (Int, inout [UInt8]) -> Bool) -> DeltaColumn {
    let stride = MemoryLayout<TextView>.stride
    var bytes: [UInt8] = []
    let rows = DeltaRows(count: count, stride: 2 * stride) { rows, target in
      for (index, row) in rows.enumerated() {
        bytes.removeAll(keepingCapacity: true)
        let isPresent = append(row, &bytes)
        let cell = target + index * 2 * stride
        cell.storeBytes(of: bytes.withUnsafeBufferPointer { texts.append($0) }, as: TextView.self)
        (cell + stride).storeBytes(of: isPresent ? 1 : 0, as: UInt8.self)
      }
    }
    return DeltaColumn(
      type: type, DeltaCells(rows: rows, offset: 0), presence: DeltaCells(rows: rows, offset: stride),
      memory: texts.handOver())
  }
}

private func countAll(_ counts: StateColumn, _ groups: UnsafePointer<Int32>, _ count: Int) {
  for event in 0..<count { counts.cell(groups[event], of: Int64.self).pointee &+= 1 }
}

private func countMasked(
  _ counts: StateColumn, _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>, _ count: Int
) {
  for event in 0..<count { counts.cell(groups[event], of: Int64.self).pointee &+= Int64(mask[event]) }
}

private func countMasked(
  _ counts: StateColumn, _ mask: UnsafePointer<UInt8>, _ others: StateColumn, _ otherMask: UnsafePointer<UInt8>,
  _ groups: UnsafePointer<Int32>, _ count: Int
) {
  for event in 0..<count {
    let group = groups[event]
    counts.cell(group, of: Int64.self).pointee &+= Int64(mask[event])
    others.cell(group, of: Int64.self).pointee &+= Int64(otherMask[event])
  }
}

@inline(__always)
private func sum<Value, Total>(
  _ values: UnsafeMutablePointer<Value>, _ totals: StateColumn, _ presences: StateColumn?,
  _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int, _ add: (Total, Value) -> Total
) {
  guard let mask, let presences else {
    for event in 0..<count {
      let total = totals.cell(groups[event], of: Total.self)
      total.pointee = add(total.pointee, values[event])
    }
    return
  }
  for event in 0..<count where mask[event] == 1 {
    let total = totals.cell(groups[event], of: Total.self)
    total.pointee = add(total.pointee, values[event])
    presences.cell(groups[event], of: UInt8.self).pointee = 1
  }
}
