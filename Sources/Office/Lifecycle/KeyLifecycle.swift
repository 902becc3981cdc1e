import Detection
import Dialects
import Plan

/// What is remembered of the alert about one key: whether it fires, and the last windows, so that one which late events
/// revise is judged again. A value; its methods are the events, what they return is to be written down.
struct KeyLifecycle: Hashable {
  enum Phase: UInt8 {
    case quiet
    /// Bad windows, fewer than the alert asks for.
    case pending
    case firing
  }

  /// A window that was judged.
  struct Judged: Hashable {
    var start: Int64
    var value: Double
    var weight: Int
    var isBad: Bool
  }

  /// As many as are judged again.
  static let rememberedWindows = AlertPlan.revisedWindows

  var phase = Phase.quiet
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
    return succeed(at: newest + rules.step * (taken + 1), rules)
  }

  /// A window that was judged, or should have been, has other values now. Neither its order nor the detector's memory
  /// changes by it.
  mutating func revise(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
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

  private mutating func resolve(at end: Int64, takenBack: Int) -> AlertChange {
    let isTakenBack = badWindows == 0
    phase = .quiet
    resolvedAt = end
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
      badWindows += 1
      since = min(since, verdict.start)
      peak = worse(verdict.value, rules)
      return [.updated(verdict, windows: 1)]
    }
    // The bad windows that it stands among.
    var run = index..<index + 1
    while run.lowerBound > 0, recent[run.lowerBound - 1].isBad { run = run.lowerBound - 1..<run.upperBound }
    while run.upperBound < recent.count, recent[run.upperBound].isBad { run = run.lowerBound..<run.upperBound + 1 }
    let values = recent[run].map(\.value)
    since = recent[run.lowerBound].start
    badWindows = run.count
    peak = values.reduce(verdict.value) { worst($0, $1, rules) }
    guard run.count >= rules.forWindows else {
      // Only what goes on may still become an alert.
      phase = run.upperBound == recent.count ? .pending : .quiet
      if phase == .quiet { badWindows = 0 }
      return []
    }
    var changes = [fire(verdict, rules)]
    goodWindows = recent.count - run.upperBound
    if goodWindows > patience(rules) {
      let end = recent[min(run.upperBound + patience(rules), recent.count - 1)].start + rules.step
      changes.append(resolve(at: end, takenBack: 0))
    }
    return changes
  }

  /// A bad window of the past is a good one.
  private mutating func takeBack(_ verdict: Verdict, _ rules: LifecycleRules) -> [AlertChange] {
    switch phase {
    case .quiet: return []
    case .pending:
      badWindows = recent.reversed().prefix { $0.isBad }.count
      if badWindows == 0 { phase = .quiet }
      return []
    case .firing:
      badWindows -= 1
      let end = (newest ?? 0) + rules.step
      if badWindows <= 0 {
        badWindows = 0
        return [resolve(at: end, takenBack: 1)]
      }
      goodWindows = recent.reversed().prefix { !$0.isBad }.count
      return goodWindows > patience(rules) ? [resolve(at: end, takenBack: 1)] : [.updated(verdict, windows: -1)]
    }
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
