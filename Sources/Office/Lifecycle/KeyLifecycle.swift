import Detection
import Dialects
import Plan

/// What is remembered of the alert about one key: whether it fires, and the last windows, so that one which late events
/// revise is judged again. A value; its methods are the events, what they return is to be written down.
package struct KeyLifecycle: Hashable {
  package enum Phase: UInt8 {
    case quiet
    /// Bad windows, fewer than the alert asks for.
    case pending
    case firing
  }

  /// A window that was judged.
  package struct Judged: Hashable {
    var start: Int64
    var value: Double
    var weight: Int
    var isBad: Bool
  }

  /// As many as are judged again.
  static let rememberedWindows = AlertPlan.revisedWindows

  package var phase = Phase.quiet
  /// The beginning of the newest window that was judged; nil: none was.
  var newest: Int64?
  /// In a row while pending; all of them while firing.
  var badWindows = 0
  /// Since the last bad one.
  var goodWindows = 0
  /// When the first bad window began.
  var since: Int64 = 0
  /// The worst value.
  var peak = 0.0
  /// When it was over last.
  var resolvedAt: Int64?
  /// How often it has come back at once.
  var flaps = 0
  /// The last windows that were judged, the oldest first.
  var recent: [Judged] = []

  /// A window has closed. Windows of a key come in order; one that is not newer has been judged already, and is `revise`d.
  mutating func step(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    if let newest, verdict.start <= newest { return revise(verdict, rules) }
    var changes = pass(until: verdict.start, rules)
    newest = verdict.start
    remember(verdict)
    if verdict.isBad {
      changes += fail(verdict, rules)
    } else {
      changes += succeed(at: verdict.end, rules)
    }
    return changes
  }

  /// No window of the key has come that begins before `time`: those that are missing are good.
  mutating func pass(until time: Int64, _ rules: LifecycleRules) -> [AlertChange] {
    guard let newest, phase != .quiet, rules.step > 0 else { return [] }
    let missing = (time - newest) / rules.step - 1
    guard missing > 0 else { return [] }
    // The windows that it takes, and no more: it is over by the last of them.
    let needed = phase == .firing ? Int64(patience(rules) + 1 - goodWindows) : 1
    let taken = min(missing, max(needed, 1))
    goodWindows += Int(taken) - 1
    self.newest = newest + rules.step * taken
    return succeed(at: rules.end(of: newest + rules.step * taken), rules)
  }

  /// A window that was judged, or should have been, has other values now. One that is newer than all that the key had is
  /// its next one, however late.
  mutating func revise(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    guard let newest, verdict.start <= newest else { return step(verdict, rules) }
    let judged = Judged(
      start: verdict.start, value: verdict.value, weight: verdict.weight, isBad: verdict.isBad)
    if let index = recent.firstIndex(where: { $0.start == verdict.start }) {
      let former = recent[index]
      guard former.value.bitPattern != judged.value.bitPattern || former.weight != judged.weight else { return [] }
      recent[index] = judged
      switch (former.isBad, judged.isBad) {
      case (false, true): return fail(late: index, verdict, rules)
      case (true, false): return takeBack(verdict, rules)
      case (true, true) where phase == .firing:
        peak = worse(verdict.value, rules)
        return [.updated(verdict, windows: 0)]
      default: return []
      }
    }
    // Older than what is remembered: as good as judged.
    guard recent.count < Self.rememberedWindows || (recent.first.map { $0.start < verdict.start } ?? true) else {
      return []
    }
    let index = recent.firstIndex { $0.start > verdict.start } ?? recent.count
    recent.insert(judged, at: index)
    let changes = verdict.isBad ? fail(late: index, verdict, rules) : []
    if recent.count > Self.rememberedWindows { recent.removeFirst(recent.count - Self.rememberedWindows) }
    return changes
  }

  /// What made it fail is known not to be so: it is over with the window that was judged last.
  mutating func end(_ rules: LifecycleRules) -> [AlertChange] {
    let isFiring = phase == .firing
    phase = .quiet
    badWindows = 0
    return isFiring ? [resolve(at: rules.end(of: newest ?? since), takenBack: 0, isTakenBack: false)] : []
  }

  // MARK: Windows in order

  private mutating func fail(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    goodWindows = 0
    switch phase {
    case .firing:
      badWindows += 1
      peak = worse(verdict.value, rules)
      return [.updated(verdict, windows: 1)]
    case .quiet:
      badWindows = 1
      since = verdict.start
      peak = verdict.value
    case .pending:
      badWindows += 1
      peak = worse(verdict.value, rules)
    }
    guard badWindows >= rules.forWindows else {
      phase = .pending
      return []
    }
    return [fire(verdict, rules)]
  }

  private mutating func fire(_ verdict: Verdict, _ rules: LifecycleRules) -> AlertChange {
    phase = .firing
    goodWindows = 0
    let pause = resolvedAt.map { max(0, since - $0) }
    let isBack = pause.map { $0 <= rules.step * LifecycleRules.flappingWindows } ?? false
    flaps = isBack ? min(flaps + 1, LifecycleRules.mostFlaps) : 0
    return .fired(
      verdict, since: since, windows: badWindows,
      reopens: pause.map { $0 <= rules.cooldown && rules.cooldown > 0 } ?? false)
  }

  private mutating func succeed(at end: Int64, _ rules: LifecycleRules) -> [AlertChange] {
    switch phase {
    case .quiet: return []
    case .pending:
      phase = .quiet
      badWindows = 0
      return []
    case .firing:
      goodWindows += 1
      return goodWindows > patience(rules) ? [resolve(at: end, takenBack: 0)] : []
    }
  }

  private mutating func resolve(at end: Int64, takenBack: Int, isTakenBack: Bool = false) -> AlertChange {
    phase = .quiet
    resolvedAt = max(end, resolvedAt ?? end)
    badWindows = 0
    goodWindows = 0
    return .resolved(at: end, windows: -takenBack, isTakenBack: isTakenBack)
  }

  /// Good windows that do not end it yet.
  private func patience(_ rules: LifecycleRules) -> Int {
    max(rules.keepFiringWindows, (1 << min(flaps, LifecycleRules.mostFlaps)) - 1)
  }

  // MARK: Windows that late events have revised

  /// A window of the past turns out to be bad.
  private mutating func fail(late index: Int, _ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    if phase == .firing {
      // With those between it and the alert.
      let bad = 1 + recent[(index + 1)...].filter { $0.isBad && $0.start < since }.count
      badWindows += bad
      since = min(since, verdict.start)
      peak = worse(verdict.value, rules)
      goodWindows = min(goodWindows, good(after: index, rules))
      return [.updated(verdict, windows: bad)]
    }
    // The bad windows that it stands among.
    var run = index..<index + 1
    while run.lowerBound > 0, recent[run.lowerBound - 1].isBad, follows(run.lowerBound, rules) {
      run = run.lowerBound - 1..<run.upperBound
    }
    while run.upperBound < recent.count, recent[run.upperBound].isBad, follows(run.upperBound, rules) {
      run = run.lowerBound..<run.upperBound + 1
    }
    guard run.count >= rules.forWindows else {
      settle(rules)
      return []
    }
    begin(run, rules)
    var changes = [fire(verdict, rules)]
    // Those that fail again before it is over belong to it.
    var last = run.upperBound - 1
    while let next = recent[(last + 1)...].firstIndex(where: \.isBad),
      good(from: last, to: next, rules) <= patience(rules)
    {
      badWindows += 1
      peak = worse(recent[next].value, rules)
      changes.append(.updated(verdict, windows: 1))
      last = next
    }
    goodWindows = good(after: last, rules)
    let isPast = recent[(last + 1)...].contains(where: \.isBad)
    guard isPast || goodWindows > patience(rules) else { return changes }
    let end = rules.end(of: recent[last].start + rules.step * Int64(patience(rules) + 1))
    changes.append(resolve(at: min(end, rules.end(of: newest ?? end)), takenBack: 0))
    settle(rules)
    return changes
  }

  /// A bad window of the past is a good one.
  private mutating func takeBack(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    switch phase {
    case .quiet: return []
    case .pending:
      settle(rules)
      return []
    case .firing:
      // One of an alert that is over.
      guard verdict.start >= since else { return [] }
      badWindows = max(badWindows - 1, 0)
      let end = rules.end(of: newest ?? verdict.start)
      if badWindows == 0 { return [resolve(at: end, takenBack: 1, isTakenBack: true)] }
      // Where none is remembered, the last bad one was before them.
      goodWindows = recent.lastIndex(where: \.isBad).map { good(after: $0, rules) } ?? max(goodWindows, recent.count)
      return goodWindows > patience(rules) ? [resolve(at: end, takenBack: 1)] : [.updated(verdict, windows: -1)]
    }
  }

  /// While it does not fire: only bad windows up to the newest one may still become an alert.
  private mutating func settle(_ rules: LifecycleRules) {
    let before = phase == .pending ? badWindows : 0
    var first = recent.count
    if let last = recent.last, let newest, newest - last.start < rules.step {
      while first > 0, recent[first - 1].isBad, first == recent.count || follows(first, rules) { first -= 1 }
    }
    phase = first < recent.count ? .pending : .quiet
    begin(first..<recent.count, rules)
    // A row may have begun before all that is remembered.
    if first == 0 { badWindows = max(badWindows, before) }
  }

  /// These windows are the bad ones so far.
  private mutating func begin(_ run: Range<Int>, _ rules: LifecycleRules) {
    badWindows = run.count
    guard let first = run.first else { return }
    since = recent[first].start
    peak = recent[run].map(\.value).reduce(recent[first].value) { worst($0, $1, rules) }
  }

  // MARK: Windows beside each other

  /// Whether no window is missing before this one.
  private func follows(_ index: Int, _ rules: LifecycleRules) -> Bool {
    good(from: index - 1, to: index, rules) == 0
  }

  /// Windows between two that are remembered, of which the second comes later, with those that are missing.
  private func good(from index: Int, to next: Int, _ rules: LifecycleRules) -> Int {
    max(next - index, rules.windows(from: recent[index].start, to: recent[next].start)) - 1
  }

  /// Windows after one that is remembered, with those that are missing, of which none is bad.
  private func good(after index: Int, _ rules: LifecycleRules) -> Int {
    let last = recent.lastIndex(where: \.isBad).map { max($0, index) } ?? index
    let start = recent[last].start
    return max(recent.count - 1 - last, rules.windows(from: start, to: newest ?? start))
  }

  // MARK: Values

  private mutating func remember(_ verdict: Verdict) {
    if recent.count >= Self.rememberedWindows { recent.removeFirst(recent.count - Self.rememberedWindows + 1) }
    recent.append(
      Judged(start: verdict.start, value: verdict.value, weight: verdict.weight, isBad: verdict.isBad))
  }

  private func worse(_ value: Double, _ rules: LifecycleRules) -> Double { worst(peak, value, rules) }

  /// In both directions the later one: what is worse depends on what is expected then.
  private func worst(_ one: Double, _ other: Double, _ rules: LifecycleRules) -> Double {
    switch rules.direction {
    case .above: max(one, other)
    case .below: min(one, other)
    case .both: abs(other) >= abs(one) ? other : one
    }
  }
}
