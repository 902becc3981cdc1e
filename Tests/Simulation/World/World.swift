import Synthesis

/// A deliberate mistake in the simulation's wiring, to show that the checkers find it.
public enum PlantedBug: String, CaseIterable, Sendable {
  /// The position is committed in a transaction before that of the rows.
  case positionBeforeRows = "position-before-rows"
  /// Position and epoch are not compared before they are set.
  case noFence = "no-fence"
  /// While partitions are revoked, a flush is taken for committed that never was.
  case flushLostOnRevoke = "flush-lost-on-revoke"
  /// Positions are looked up without their stream: one that begins goes on where another stream of the topic is.
  case positionsWithoutStream = "positions-without-stream"
  /// An event that joins two sessions lengthens the first of them alone.
  case sessionsStayApart = "sessions-stay-apart"
  /// Alerts are written in a transaction before that of what is remembered of their keys.
  case alertsBeforeStates = "alerts-before-states"
  /// What becomes of alerts is written down in the order of the windows, where late events revise earlier ones.
  case alertsByWindow = "alerts-by-window"
}

/// The clock, the dice and the record of one schedule: all chance and all time come from here.
///
/// A schedule runs on one thread; nothing here is shared with another.
final class World {
  /// 2026-01-01T00:00:00Z, in microseconds.
  static let start: Int64 = 1_767_225_600_000_000

  let scenario: Scenario
  let bug: PlantedBug?
  var random: RandomNumbers
  /// Monotonic, in microseconds.
  private(set) var now: Int64 = 0
  /// How far the wall clock is off.
  var wallClockError: Int64 = 0
  /// Faults happen until the end is called for; from then on everything must come to rest.
  var isHealing = false
  /// All instances have been told to stop, and nobody starts them again.
  var isClosing = false
  /// A process is stopped in the middle of a call.
  var isStoppedInCall = false
  /// Calls that an instance has made to the outside: where it can be interrupted.
  var actions = 0
  /// After this action, its instance is killed.
  let crashAfter: Int?
  private(set) var violations: [String] = []
  private(set) var milestones: Set<Milestone> = []
  private(set) var trace: [String]?

  init(_ scenario: Scenario, random: RandomNumbers, bug: PlantedBug?, crashAfter: Int?, keepsTrace: Bool) {
    self.scenario = scenario
    self.random = random
    self.bug = bug
    self.crashAfter = crashAfter
    if keepsTrace { trace = [] }
  }

  var wall: Int64 { World.start + now + wallClockError }

  func advance(to time: Int64) {
    now = max(now, time)
  }

  /// Whether things may still go wrong: also in the middle of a call that goes on beyond the horizon, nothing does, or
  /// a process that is stopped again and again would never come back from it.
  var hasFaults: Bool { !isHealing && now < scenario.horizon }

  /// True with this probability while faults happen.
  func strikes(_ probability: Double) -> Bool {
    hasFaults && random.chance(probability)
  }

  func note(_ text: @autoclosure () -> String) {
    guard trace != nil else { return }
    let (seconds, micros) = now.quotientAndRemainder(dividingBy: second)
    let digits = String(micros)
    trace?.append("\(seconds).\(String(repeating: "0", count: 6 - digits.count))\(digits) \(text())")
  }

  func reached(_ milestone: Milestone) {
    milestones.insert(milestone)
  }

  func violated(_ text: String) {
    note("VIOLATION \(text)")
    if violations.count < 10 { violations.append(text) }
  }
}
