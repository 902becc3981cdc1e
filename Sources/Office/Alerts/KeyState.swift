import Detection
import Plan

/// What an alert remembers of one key: the detector's numbers, and what has become of the alert about it.
struct KeyState: Hashable {
  enum Memory: Hashable {
    case values(DetectorState)
    case silence(SilenceDetector.State)
  }

  var lifecycle = KeyLifecycle()
  /// The newest window of which there was a row.
  var seen: Int64 = .min
  var memory: Memory

  init(for detector: AlertPlan.Detector) {
    switch detector {
    case .values(let configuration): memory = .values(DetectorState(for: configuration))
    case .silence: memory = .silence(SilenceDetector.State())
    }
  }

  /// - Parameters:
  ///   - bytes: as `encoded` wrote them. What they do not say, because the alert has another detector by now, begins anew.
  ///   - seen: the newest window of which there was a row.
  init(decoding bytes: [UInt8], for detector: AlertPlan.Detector) {
    self.init(for: detector)
    guard bytes.count >= 10 else { return }
    let length = Int(bytes[0]) | Int(bytes[1]) << 8
    seen = Int64(littleEndianAt: 2, in: bytes)
    guard bytes.count >= 10 + length else { return }
    if let lifecycle = KeyLifecycle(decoding: Array(bytes[10..<10 + length])) { self.lifecycle = lifecycle }
    let rest = Array(bytes[(10 + length)...])
    switch detector {
    case .values(let configuration): memory = .values(DetectorState.decoded(rest, for: configuration).state)
    case .silence: memory = .silence(SilenceDetector.State(decoding: rest))
    }
  }

  func encoded(for detector: AlertPlan.Detector) -> [UInt8] {
    let lifecycle = lifecycle.encoded
    var bytes = [UInt8(truncatingIfNeeded: lifecycle.count), UInt8(truncatingIfNeeded: lifecycle.count >> 8)]
    withUnsafeBytes(of: seen.littleEndian) { bytes.append(contentsOf: $0) }
    bytes += lifecycle
    switch (memory, detector) {
    case (.values(let state), .values(let configuration)): bytes += state.encoded(for: configuration)
    case (.silence(let state), _): bytes += state.encoded
    case (.values, .silence): break
    }
    return bytes
  }
}

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
      cooldown: alert.lifecycle.cooldownMicroseconds, step: alert.window.stepMicroseconds, direction: direction)
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
    // A silence is broken by the next window that is not silent.
    guard window.isJudged(by: alert), silence == nil else { return [] }
    var memory = state.memory
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
