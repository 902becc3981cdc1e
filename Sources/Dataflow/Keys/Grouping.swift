import Events
import Plan

/// One aggregate's groups: which group each event of a batch belongs to, and the groups' states.
final class Grouping {
  let index: Int
  let plan: AggregatePlan
  /// Indices into the `KeyInterner`.
  let keys: [Int]
  private let filter: Program.Register?
  /// Of the aggregates that feed it: what is late for one of them is in none of its rows.
  private let feeders: [(window: WindowAssigner, retention: Int64)]
  private let accumulators: [Accumulator]
  /// Of sessions alone.
  private let bounds: SessionBounds?
  private let states: GroupStates
  private let windows: WindowTable
  /// Where each event's group begins in `states`, in its units; 0: in no group.
  private let groups: UnsafeMutablePointer<Int32>
  /// Why an event is in no group: 0 it is in one (or failed), 1 filtered, 2 late. Written when there is any.
  private let outcome: UnsafeMutablePointer<UInt8>
  private var hasOutcomes = false
  /// 1: the event is in a group.
  private let takesPart: UnsafeMutablePointer<UInt8>
  /// The last batch's late events, when they are to become dead letters.
  private(set) var lateEvents: [LateEvent] = []
  /// ((window, key 0), key 1), …: `folds[i]` adds key i, and its ids are the groups when i is the last key.
  private let folds: [Fold]
  /// Groups before the last `assign`, plus one for "no group".
  private var countBefore = 1

  private final class Fold {
    var table: PairTable

    init(seed: UInt64, scale: Int32) {
      table = PairTable(seed: seed, scale: scale)
    }
  }

  init(
    index: Int, plan: AggregatePlan, filter: Program.Register?, keys: [Int], accumulators: [Accumulator],
    bounds: SessionBounds?, layout: GroupStates.Layout, windows: WindowTable, capacity: Int, seed: UInt64
  ) {
    self.index = index
    self.plan = plan
    self.filter = filter
    feeders = plan.feeders.compactMap { feeder in feeder.retentionMicroseconds.map { (feeder.window, $0) } }
    self.keys = keys
    self.accumulators = accumulators
    self.bounds = bounds
    self.windows = windows
    let states = GroupStates(layout)
    self.states = states
    // An aggregate without keys still folds once, with the key NULL, so that its rows start at 1, too.
    let levels = max(keys.count, 1)
    folds = (0..<levels).map { level in
      Fold(seed: seed &+ UInt64(level), scale: level == levels - 1 ? Int32(states.stride / GroupStates.unit) : 1)
    }
    groups = .allocate(capacity: capacity)
    groups.initialize(repeating: 0, count: capacity)
    outcome = .allocate(capacity: capacity)
    outcome.initialize(repeating: 0, count: capacity)
    takesPart = .allocate(capacity: capacity)
    takesPart.initialize(repeating: 0, count: capacity)
  }

  deinit {
    groups.deallocate()
    outcome.deallocate()
    takesPart.deallocate()
  }

  private var last: Fold { folds[folds.count - 1] }

  var groupCount: Int { last.table.count - 1 }

  /// Bytes of a group's accumulators.
  var stateBytes: Int { states.stride }

  var memory: Int {
    folds.reduce(states.memory) { $0 + $1.table.memory } + accumulators.reduce(0) { $0 + $1.memory }
  }

  /// The time before which an event's window is no longer kept, or no longer taken by the late policy.
  private func horizon(_ watermark: Int64) -> Int64? {
    var horizons: [Int64] = []
    if let retention = plan.retentionMicroseconds { horizons.append(watermark - retention) }
    if plan.latePolicy != .revise { horizons.append(watermark - plan.allowedLatenessMicroseconds) }
    return horizons.max()
  }

  /// Finds the group of every event: 0 for those that take no part. The windows have been assigned.
  func assign(_ batch: EventBatch, _ times: Column, _ keys: KeyInterner, _ program: Program, watermark: Int64?) {
    let count = batch.count
    markOutcomes(batch, times, program, watermark)
    let all = !hasOutcomes && batch.failures.isEmpty
    if !all {
      takesPart.update(from: batch.live, count: count)
      if hasOutcomes {
        for row in 0..<count where outcome[row] != 0 { takesPart[row] = 0 }
      }
    }
    countBefore = last.table.count
    var firsts = UnsafePointer(windows.slots)
    var firstCount = windows.starts.count
    for (level, fold) in folds.enumerated() {
      let isLast = level == folds.count - 1
      let ids = level < self.keys.count ? keys.ids(self.keys[level]) : nil
      let idCount = level < self.keys.count ? keys.count(self.keys[level]) : 1
      fold.table.intern(
        firsts, firstCount: firstCount, ids, secondCount: idCount,
        takesPart: all || !isLast ? nil : UnsafePointer(takesPart), groups,
        states: isLast ? UnsafeRawPointer(states.base) : nil, count)
      firsts = UnsafePointer(groups)
      firstCount = fold.table.count
    }
    states.grow(to: firstCount)
  }

  /// Fails events whose text cannot be stored, whatever their groups have: before they are assigned.
  func checkEveryText(_ program: Program, _ batch: EventBatch) {
    let passes = filter.map { UnsafePointer(program.registers[$0].booleans) }
    for accumulator in accumulators where accumulator.isTextual {
      accumulator.checkEveryText(program, batch, where: passes)
    }
  }

  /// Fails events whose text cannot be stored. They have been assigned: when there are any, `assignAgain`.
  func checkTexts(_ program: Program, _ batch: EventBatch) {
    for accumulator in accumulators where accumulator.isTextual {
      accumulator.checkTexts(states, groups, program, batch)
    }
  }

  /// `assign` for a batch of which more events have failed since: the groups that only they had do not come into being.
  func assignAgain(_ batch: EventBatch, _ times: Column, _ keys: KeyInterner, _ program: Program, watermark: Int64?) {
    last.table.removeLast(downTo: countBefore)
    states.removeLast(downTo: countBefore)
    assign(batch, times, keys, program, watermark: watermark)
    checkTexts(program, batch)
  }

  private func markOutcomes(_ batch: EventBatch, _ times: Column, _ program: Program, _ watermark: Int64?) {
    let count = batch.count
    hasOutcomes = false
    if !lateEvents.isEmpty { lateEvents = [] }
    if let filter {
      hasOutcomes = true
      let passes = program.registers[filter].booleans
      for row in 0..<count { outcome[row] = (1 - passes[row]) & batch.live[row] }
    }
    guard let watermark else { return }
    if let horizon = horizon(watermark) { markLate(batch, times, by: horizon, plan.window) }
    for feeder in feeders { markLate(batch, times, by: watermark - feeder.retention, feeder.window) }
  }

  /// A window is late as a whole, by its end; only events from before the horizon can be in such a window. An event is late
  /// when the last of its windows is; of sessions every event from before the horizon is.
  private func markLate(_ batch: EventBatch, _ times: Column, by horizon: Int64, _ windows: WindowAssigner) {
    let count = batch.count
    for row in 0..<count where times.integers[row] < horizon && batch.live[row] == 1 {
      let window = windows.lastWindow(of: times.integers[row])
      guard window.upperBound <= horizon else { continue }
      if !hasOutcomes {
        hasOutcomes = true
        outcome.update(repeating: 0, count: count)
      }
      guard outcome[row] == 0 else { continue }
      outcome[row] = 2
      if plan.latePolicy == .deadLetter {
        lateEvents.append(
          LateEvent(
            row: row, aggregate: index, windowStart: window.lowerBound, lateness: horizon - window.upperBound,
            isOfSession: plan.window.isSession))
      }
    }
  }

  enum Outcome {
    case aggregated, filtered, late
  }

  /// What became of a live row of the batch last assigned.
  func outcome(of row: Int) -> Outcome {
    guard hasOutcomes else { return .aggregated }
    return switch outcome[row] {
    case 0: .aggregated
    case 1: .filtered
    default: .late
    }
  }

  /// The filtered and late events among `rows`.
  func dispositions(_ rows: Range<Int>) -> RunCounts.Aggregate {
    var counts = RunCounts.Aggregate()
    guard hasOutcomes else { return counts }
    for row in rows {
      counts.filtered += outcome[row] == 1 ? 1 : 0
      counts.late += outcome[row] == 2 ? 1 : 0
    }
    if plan.latePolicy == .deadLetter { swap(&counts.late, &counts.dead) }
    return counts
  }

  func accumulate(_ program: Program, _ keys: KeyInterner, _ times: UnsafePointer<Int64>, _ count: Int) {
    bounds?.add(times, to: states, groups, count)
    var rest = accumulators[...]
    while let accumulator = rest.popFirst() {
      if accumulator.isFilteredCount, let next = rest.first, next.isFilteredCount {
        accumulator.add(with: next, to: states, groups, program, count)
        rest.removeFirst()
      } else {
        accumulator.add(to: states, groups, program, keys, count)
      }
    }
  }

  /// Gives back what a drain has kept.
  func releaseMemory() {
    for fold in folds { fold.table.releaseMemory() }
    states.releaseMemory()
  }

  /// The delta since the last drain; nil when there is none. The windows are emptied by whoever owns them.
  func drain(_ interner: KeyInterner) -> WindowDelta? {
    let rows = groupCount
    defer {
      for fold in folds { fold.table.removeAll() }
      states.removeAll()
    }
    guard rows > 0 else { return nil }
    let copy = states.copy()
    let values = accumulators.map { $0.drain(copy, interner) }
    var columns: [DeltaColumn] = []
    // Unfolded from the right, a level at a time: ids of groups become ids of what they were folded from.
    var ids = (0..<rows).map { Int32($0 + 1) }
    var seconds = ids
    for level in folds.indices.reversed() {
      folds[level].table.unfold(&ids, seconds: &seconds)
      if level < keys.count { columns.append(interner.column(keys[level], ids: seconds, type: plan.keys[level].type)) }
    }
    if let (starts, ends) = bounds?.drain(copy) {
      return WindowDelta(
        aggregate: index, windowStarts: starts, windowEnds: ends, keys: columns.reversed(), accumulators: values)
    }
    let (starts, ends) = (windows.starts, windows.ends)
    return WindowDelta(
      aggregate: index, windowStarts: ids.map { starts[Int($0)] },
      windowEnds: windows.panes.isFixed ? [] : ids.map { ends[Int($0)] }, keys: columns.reversed(), accumulators: values
    )
  }
}
