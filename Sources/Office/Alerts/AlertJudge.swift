import Detection
import Plan

/// Judges windows of an alert's keys. Pure: what it knows is in the keys' states.
struct AlertJudge {
  let rules: LifecycleRules
  private let alert: AlertPlan
  private let detector: Detector?
  private let silence: SilenceDetector?

  init(_ alert: AlertPlan) {
    self.alert = alert
    var direction = DetectorConfiguration.Direction.below
    switch alert.detector {
    case .values(let configuration):
      detector = Detector(configuration)
      silence = nil
      direction = configuration.direction
    case .silence(let levels):
      detector = nil
      silence = SilenceDetector(levels: levels)
    }
    rules = LifecycleRules(
      forWindows: alert.lifecycle.forWindows, keepFiringWindows: alert.lifecycle.keepFiringWindows,
      cooldown: alert.lifecycle.cooldownMicroseconds, step: alert.window.stepMicroseconds,
      overlap: alert.window.longestMicroseconds - alert.window.stepMicroseconds, direction: direction)
  }

  /// The key's next window: the detector learns from it.
  func step(_ state: inout KeyState, _ window: ClosedWindow) -> [AlertChange] {
    if let newest = state.lifecycle.newest, window.start <= newest { return revise(&state, window) }
    let verdict = verdict(on: &state.memory, window)
    guard window.isJudged(by: alert) else { return [] }
    return state.lifecycle.step(verdict, rules)
  }

  /// A window that has been judged already: by what is known now, and without learning from it.
  func revise(_ state: inout KeyState, _ window: ClosedWindow) -> [AlertChange] {
    guard window.isJudged(by: alert) else { return [] }
    var memory = state.memory
    if let silence, case .silence(var heard) = memory {
      guard window.value > 0, let newest = state.lifecycle.newest else { return [] }
      let isOver = silence.hear(&heard, windowsAgo: rules.windows(from: window.start, to: max(window.start, newest)))
      state.memory = .silence(heard)
      return isOver ? state.lifecycle.end(rules) : []
    }
    return state.lifecycle.revise(verdict(on: &memory, window), rules)
  }

  private func verdict(on memory: inout KeyState.Memory, _ window: ClosedWindow) -> Verdict {
    let sample = window.sample(of: alert)
    var finding: Finding?
    switch memory {
    case .values(var state):
      finding = detector?.step(&state, sample).finding
      memory = .values(state)
    case .silence(var state):
      finding = silence?.step(&state, events: window.value).finding
      memory = .silence(state)
    }
    return Verdict(
      start: window.start, end: window.end, value: sample.fraction?.ratio ?? window.value, weight: sample.weight,
      finding: finding)
  }
}
