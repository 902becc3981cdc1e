import Events
import Plan

/// The state of one aggregate function for all groups: an array indexed by group row.
///
/// Row 0 belongs to no group: events that take no part (filtered, late, failed) are added there, so that the loops need
/// no branch for them.
final class Accumulator {
  private enum Storage {
    case count
    case sumIntegers
    case sumDecimals
    case sumDoubles
    case extreme(PhysicalType, wantsGreater: Bool)
  }

  /// More rows than this are given back at a drain: they would count against the next delta's bound.
  private static let keptCapacity = 1 << 17

  private let storage: Storage
  private let type: SQLType
  private let argument: Program.Register?
  private let filter: Program.Register?
  /// When false, every group has a value from its first event on.
  private let canBeNull: Bool
  private var states: Column
  private var capacity = 1024
  private var rows = 1
  private var texts = TextArena(chunkSize: 64 * 1024)

  init(_ plan: AccumulatorPlan, argument: Program.Register?, argumentIsNullable: Bool, filter: Program.Register?) {
    type = plan.type
    self.argument = argument
    self.filter = filter
    switch (plan.function, plan.argument?.type.physical) {
    case (.count, _): storage = .count
    case (.sum, .double?): storage = .sumDoubles
    case (.sum, .decimal?): storage = .sumDecimals
    case (.sum, _): storage = plan.type.physical == .decimal ? .sumDecimals : .sumIntegers
    case (.min, let physical): storage = .extreme(physical ?? .integer, wantsGreater: false)
    case (.max, let physical): storage = .extreme(physical ?? .integer, wantsGreater: true)
    }
    canBeNull = plan.function != .count && (argumentIsNullable || filter != nil)
    states = Column(type: plan.type, isNullable: true, capacity: capacity)
    clear(0..<capacity)
  }

  deinit {
    states.deallocate()
  }

  private var isExtreme: Bool {
    if case .extreme = storage { return true }
    return false
  }

  private func clear(_ range: Range<Int>) {
    switch type.physical {
    case .boolean: (states.booleans + range.lowerBound).update(repeating: 0, count: range.count)
    case .integer: (states.integers + range.lowerBound).update(repeating: 0, count: range.count)
    case .decimal: (states.decimals + range.lowerBound).update(repeating: 0, count: range.count)
    case .double: (states.doubles + range.lowerBound).update(repeating: 0, count: range.count)
    case .text: (states.texts + range.lowerBound).update(repeating: .empty, count: range.count)
    }
    (states.validity + range.lowerBound).update(repeating: canBeNull || isExtreme ? 0 : 1, count: range.count)
  }

  /// Makes room for groups up to `count` rows.
  func grow(to count: Int) {
    rows = max(rows, count)
    guard count > capacity else { return }
    let old = states
    let oldCapacity = capacity
    while capacity < count { capacity *= 2 }
    states = Column(type: type, isNullable: true, capacity: capacity)
    switch type.physical {
    case .boolean: states.booleans.update(from: old.booleans, count: oldCapacity)
    case .integer: states.integers.update(from: old.integers, count: oldCapacity)
    case .decimal: states.decimals.update(from: old.decimals, count: oldCapacity)
    case .double: states.doubles.update(from: old.doubles, count: oldCapacity)
    case .text: states.texts.update(from: old.texts, count: oldCapacity)
    }
    states.validity.update(from: old.validity, count: oldCapacity)
    old.deallocate()
    clear(oldCapacity..<capacity)
  }

  /// Bytes held.
  var memory: Int { capacity * (type.physical == .decimal || type.physical == .text ? 17 : 9) + texts.capacity }

  /// Adds a batch: event `i` goes to group row `groups[i]`.
  func add(_ groups: UnsafePointer<Int32>, _ program: Program, _ count: Int) {
    let input = argument.map { program.registers[$0] }
    let mask = takePart(input, filter.map { program.registers[$0].booleans })
    switch storage {
    case .count:
      if let mask {
        countMasked(states.integers, groups, mask, count)
      } else {
        countAll(states.integers, groups, count)
      }
    case .sumIntegers:
      guard let input else { return }
      sum(input.integers, states.integers, states.validity, groups, mask, count) { $0 &+ $1 }
    case .sumDecimals:
      guard let input else { return }
      if input.type.physical == .decimal {
        sum(input.decimals, states.decimals, states.validity, groups, mask, count) { $0 &+ $1 }
      } else {
        sum(input.integers, states.decimals, states.validity, groups, mask, count) { $0 &+ Int128($1) }
      }
    case .sumDoubles:
      guard let input else { return }
      sum(input.doubles, states.doubles, states.validity, groups, mask, count) { $0 + $1 }
    case .extreme(let physical, let wantsGreater):
      guard let input else { return }
      addExtreme(physical, wantsGreater, input, groups, mask, count)
    }
  }

  /// Which events count: those that pass the filter and whose argument is not NULL. nil: all.
  private func takePart(_ input: Column?, _ filter: UnsafeMutablePointer<UInt8>?) -> AccumulationMask? {
    let validity = input.flatMap { $0.isNullable ? $0.validity : nil }
    switch (filter, validity) {
    case (nil, nil): return nil
    case (let only?, nil), (nil, let only?): return AccumulationMask(first: only, second: only)
    case (let filter?, let validity?): return AccumulationMask(first: filter, second: validity)
    }
  }

  private func addExtreme(
    _ physical: PhysicalType, _ wantsGreater: Bool, _ input: Column, _ groups: UnsafePointer<Int32>,
    _ mask: AccumulationMask?,
    _ count: Int
  ) {
    switch physical {
    case .boolean:
      extreme(input.booleans, states.booleans, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .integer:
      extreme(input.integers, states.integers, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .decimal:
      extreme(input.decimals, states.decimals, groups, mask, count) { wantsGreater ? $0 > $1 : $0 < $1 }
    case .double:
      extreme(input.doubles, states.doubles, groups, mask, count) {
        wantsGreater ? orderOfDoubles($0, $1) > 0 : orderOfDoubles($0, $1) < 0
      }
    case .text:
      for event in 0..<count where mask?.taking(event) ?? 1 == 1 && groups[event] != 0 {
        let row = Int(groups[event])
        let value = input.texts[event]
        if states.validity[row] == 1 {
          if textsEqual(value, states.texts[row]) { continue }
          let order = orderOfTexts(value, states.texts[row])
          guard wantsGreater ? order > 0 : order < 0 else { continue }
        }
        states.texts[row] = texts.append(value.bytes)
        states.validity[row] = 1
      }
    }
  }

  @inline(__always)
  private func extreme<Value>(
    _ values: UnsafeMutablePointer<Value>, _ extremes: UnsafeMutablePointer<Value>, _ groups: UnsafePointer<Int32>,
    _ mask: AccumulationMask?, _ count: Int, _ isBetter: (Value, Value) -> Bool
  ) {
    let present = states.validity
    for event in 0..<count where mask?.taking(event) ?? 1 == 1 {
      let row = Int(groups[event])
      if present[row] == 0 || isBetter(values[event], extremes[row]) {
        extremes[row] = values[event]
        present[row] = 1
      }
    }
  }

  /// The states of all groups, rows 1 and up; the accumulator starts anew.
  func drain() -> DeltaColumn {
    let column = DeltaColumn(copying: states, rows: 1..<rows)
    if capacity > Accumulator.keptCapacity {
      states.deallocate()
      capacity = 1024
      states = Column(type: type, isNullable: true, capacity: capacity)
      clear(0..<capacity)
    } else {
      clear(0..<rows)
    }
    rows = 1
    texts.reset()
    return column
  }
}

/// Two conditions that both must hold, so that the loops have no case to tell apart; one condition stands twice.
struct AccumulationMask {
  var first: UnsafeMutablePointer<UInt8>
  var second: UnsafeMutablePointer<UInt8>

  @inline(__always)
  func taking(_ event: Int) -> UInt8 {
    first[event] & second[event]
  }
}

private func countAll(_ counts: UnsafeMutablePointer<Int64>, _ groups: UnsafePointer<Int32>, _ count: Int) {
  for event in 0..<count { counts[Int(groups[event])] &+= 1 }
}

private func countMasked(
  _ counts: UnsafeMutablePointer<Int64>, _ groups: UnsafePointer<Int32>, _ mask: AccumulationMask, _ count: Int
) {
  for event in 0..<count { counts[Int(groups[event])] &+= Int64(mask.taking(event)) }
}

@inline(__always)
private func sum<Value, Total>(
  _ values: UnsafeMutablePointer<Value>, _ totals: UnsafeMutablePointer<Total>,
  _ present: UnsafeMutablePointer<UInt8>, _ groups: UnsafePointer<Int32>, _ mask: AccumulationMask?, _ count: Int,
  _ add: (Total, Value) -> Total
) {
  if let mask {
    for event in 0..<count where mask.taking(event) == 1 {
      let row = Int(groups[event])
      totals[row] = add(totals[row], values[event])
      present[row] = 1
    }
  } else {
    for event in 0..<count {
      let row = Int(groups[event])
      totals[row] = add(totals[row], values[event])
    }
  }
}
