import Detection
import Office
import Plan
import Postgres
import Synthesis

/// The office's evaluation, as production runs it, over windows, a clock, a database and crashes that are made up.
///
/// Windows of some keys close, late events revise them, instances take turns, and any of their calls may be lost before or
/// after it has done something. In the end nothing comes any more, and nothing may fire.
struct AlertSchedule {
  static let revisedWindows = 8
  private static let minute = 60 * second
  private static let leastSamples: Int64 = 5
  private static let limit = 0.1
  /// Windows without anything in the end: no alert is kept firing longer.
  private static let rest = 60

  private let alert: AlertPlan
  private let keys: [String]
  private let windows: Int
  /// Whether events come late: then what is raised depends on when windows were looked at.
  private let isLate: Bool
  private let store: SimulatedAlerts
  private var random: RandomNumbers

  init(seed: UInt64, watched: AggregatePlan, bug: PlantedBug?) {
    random = RandomNumbers(seed: seed, index: 0xa1e7)
    alert = Self.alert(watched, &random)
    keys = (0...random.next(below: 3)).map { "{\"key\": \($0)}" }
    windows = 20 + Int(random.next(below: 60))
    isLate = random.chance(0.6)
    store = SimulatedAlerts(alert, RandomNumbers(seed: seed, index: 0x570e), bug: bug)
  }

  private static func alert(_ watched: AggregatePlan, _ random: inout RandomNumbers) -> AlertPlan {
    var watched = watched
    watched.window =
      random.chance(0.3)
      ? .hop(slideMicroseconds: minute, sizeMicroseconds: 3 * minute) : .tumble(sizeMicroseconds: minute)
    let levels = [DetectorConfiguration.Level(severity: .warning, threshold: limit)]
    return AlertPlan(
      name: "FAILURES", summary: "Too many.", watched: watched, metric: "share",
      detector: .values(DetectorConfiguration(.threshold, direction: .above, levels: levels)),
      minimumSamples: leastSamples, message: MessageTemplate(pieces: []), keys: ["key"], measures: [.samples],
      lifecycle: AlertLifecycle(
        forWindows: 1 + Int(random.next(below: 3)), keepFiringWindows: Int(random.next(below: 4)),
        cooldownMicroseconds: random.chance(0.3) ? 5 * minute : 0),
      routing: AlertRouting(), missing: random.chance(0.3) ? 0 : nil, backfillMicroseconds: 0, select: FileText())
  }

  private var length: Int64 { alert.window.longestMicroseconds }

  private func start(of window: Int) -> Int64 { World.start + Int64(window) * Self.minute }

  /// - Parameter note: is told all that happens.
  mutating func run(note: @escaping (String) -> Void) -> (
    violations: [String], milestones: Set<Milestone>, actions: Int
  ) {
    store.note = note
    note(
      "alerts: \(alert.lifecycle), \(alert.window), missing \(alert.missing.map { "\($0)" } ?? "good"), late \(isLate)")
    var evaluator = AlertEvaluator(store, alerts: [alert])
    // Where it begins.
    evaluate(&evaluator, World.start)
    let badness = random.nextFraction() * 0.6
    var known = 0
    while known < windows, store.violations.isEmpty {
      store.faults = random.chance(0.5) ? 0.3 : 0
      // Some windows close at once after an outage.
      let closing = random.chance(0.05) ? 25 : 1 + Int(random.next(below: 3))
      for _ in 0..<closing where known < windows {
        store.now += Self.minute
        for key in keys where known == 0 || random.chance(0.8) { write(key, known, badness) }
        known += 1
      }
      if isLate { revise(known, badness) }
      if random.chance(0.2) { evaluator = AlertEvaluator(store, alerts: [alert]) }
      evaluate(&evaluator, start(of: known) - Self.minute + length)
    }
    guard store.violations.isEmpty else { return result }
    store.faults = 0
    for _ in 0..<Self.rest {
      known += 1
      store.now += Self.minute
      evaluate(&evaluator, start(of: known) - Self.minute + length)
    }
    check(known)
    return result
  }

  private var result: (violations: [String], milestones: Set<Milestone>, actions: Int) {
    (store.violations.map { "alerts: " + $0 }, store.milestones, store.actions)
  }

  private mutating func write(_ key: String, _ window: Int, _ badness: Double) {
    let value = random.chance(badness) ? 0.2 + random.nextFraction() * 0.5 : random.nextFraction() * Self.limit
    store.put(
      key, start(of: window), value: value, samples: random.chance(0.15) ? 2 : 10,
      delay: Int64(random.next(below: 20)) * second)
  }

  /// Late events, of windows that are to be judged again.
  private mutating func revise(_ known: Int, _ badness: Double) {
    for key in keys + keys + keys where random.chance(0.4) {
      let window = known - 1 - Int(random.next(below: 6))
      guard window > 0, store.rows[key] != nil else { continue }
      // Events are never taken away.
      guard store.rows[key]?[start(of: window)].map({ $0.samples < 10 || random.chance(0.5) }) ?? true else { continue }
      write(key, window, badness)
      if let row = store.rows[key]?[start(of: window)], row.samples < 10 {
        store.put(key, start(of: window), value: row.value, samples: 10, delay: 0)
      }
    }
  }

  /// Until nothing is left; whoever lost the connection makes a new one.
  private mutating func evaluate(_ evaluator: inout AlertEvaluator, _ watermark: Int64) {
    for _ in 0..<100 {
      do throws(PostgresError) {
        guard try evaluator.evaluate([alert], watermark: watermark).hasMore else { return }
      } catch {
        // Sometimes nobody comes back before further windows have closed.
        if random.chance(0.3) { return }
        if random.chance(0.3) { evaluator = AlertEvaluator(store, alerts: [alert]) }
      }
    }
    store.violated("evaluation never comes to an end")
  }

  // MARK: What must have come of it

  private func check(_ known: Int) {
    for key in keys {
      let found = store.alerts[key] ?? []
      if let alert = found.first(where: { $0.resolvedAt == nil }) { store.violated("\(key) fires for ever: \(alert)") }
      let bad = (0..<known).map { isBad(key, $0) }
      if isLate {
        for run in Self.runs(bad) where run.count >= alert.lifecycle.forWindows {
          let (first, last) = (start(of: run.lowerBound), start(of: run.upperBound - 1) + length)
          if !found.contains(where: { $0.start < last && first < $0.end }) {
            store.violated("\(key): no alert of \(run)")
          }
        }
      } else {
        let expected = expected(bad)
        if found != expected { store.violated("\(key): \(found) instead of \(expected)") }
      }
    }
    let restless = store.restless
    if !restless.isEmpty { store.violated("\(restless) are not at rest") }
  }

  private func isBad(_ key: String, _ window: Int) -> Bool {
    guard let row = store.rows[key]?[start(of: window)] else { return false }
    return row.samples >= Self.leastSamples && row.value > Self.limit
  }

  private static func runs(_ bad: [Bool]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, isBad) in bad.enumerated() where isBad {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }

  /// The alerts of a key whose windows came in order, worked out window by window.
  private func expected(_ bad: [Bool]) -> [SimulatedAlerts.Alert] {
    var alerts: [SimulatedAlerts.Alert] = []
    var (run, good, flaps) = (0, 0, 0)
    var resolvedAt: Int64?
    var isFiring = false
    for (window, isBad) in bad.enumerated() {
      let end = start(of: window) + length
      if isBad, isFiring {
        alerts[alerts.count - 1].windows += 1
        alerts[alerts.count - 1].end = end
        good = 0
      } else if isBad {
        run += 1
        guard run >= alert.lifecycle.forWindows else { continue }
        let since = start(of: window - run + 1)
        let pause = resolvedAt.map { max(0, since - $0) }
        flaps = pause.map { $0 <= 30 * Self.minute } ?? false ? min(flaps + 1, 5) : 0
        if let pause, pause <= alert.lifecycle.cooldownMicroseconds, alert.lifecycle.cooldownMicroseconds > 0 {
          alerts[alerts.count - 1].windows += run
          alerts[alerts.count - 1].end = end
          alerts[alerts.count - 1].resolvedAt = nil
        } else {
          alerts.append(SimulatedAlerts.Alert(start: since, end: end, windows: run))
        }
        (isFiring, good) = (true, 0)
      } else if isFiring {
        good += 1
        guard good > max(alert.lifecycle.keepFiringWindows, (1 << flaps) - 1) else { continue }
        alerts[alerts.count - 1].resolvedAt = end
        resolvedAt = end
        (isFiring, run) = (false, 0)
      } else {
        run = 0
      }
    }
    return alerts
  }
}
