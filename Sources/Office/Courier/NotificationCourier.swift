import JSON
import Notifications
import Observability
import Plan
import Postgres
import Storage
import Threads

/// Delivers notifications to a project's targets, at least once: what a target has taken is marked, and what was under way
/// at a crash is sent again with the same key.
///
/// One instance does it, elected by an advisory lock; the others stand by. The courier's own thread alone talks to Postgres;
/// each target has a thread that talks to the target.
public final class NotificationCourier: Sendable {
  private static let intervalMilliseconds = 250
  private static let followUpMicroseconds: Int64 = 1_000_000
  private static let retirementMicroseconds: Int64 = 30_000_000
  private static let portion = 1_000

  private struct Board: Sendable {
    var outcomes: [TargetLane.Outcome] = []
    var isStopping = false
    /// Of each target, what is not delivered yet.
    var waiting: [String: Int] = [:]
  }

  /// What the courier knows of a target.
  private struct Way {
    let lane: TargetLane
    var isBusy = false
    /// It is left alone until then; monotonic microseconds.
    var restsUntil: Int64 = 0
    var backOff = BackOff()
    /// Something is wrong, and it has been said.
    var hasProblem = false
    /// When an Alertmanager was told last what goes on.
    var repeatedAt: Int64 = 0
  }

  private let targets: [NotificationTarget]
  private let settings: DeliverySettings
  private let database: ConnectionSettings
  private let value: @Sendable (String) -> String?
  private let observe: @Sendable (Observation) -> Void
  private let interruption = Interruption()
  private let board = Monitor(Board())

  /// - Parameter value: of an environment variable that a target names; nil: it is not set.
  public init(
    _ targets: [NotificationTarget], _ settings: DeliverySettings, database: ConnectionSettings,
    value: @escaping @Sendable (_ variable: String) -> String?, observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.targets = targets
    self.settings = settings
    self.database = database
    self.value = value
    self.observe = observe
  }

  /// Delivers until `stop`. Blocks the calling thread.
  public func run() {
    let lanes = StartedParts()
    defer { lanes.stop() }
    var ways: [String: Way] = [:]
    for target in targets {
      let lane = TargetLane(target, settings, value: value) { [board] outcome in
        board.update { $0.outcomes.append(outcome) }
      }
      do throws(ThreadError) {
        try lanes.startThread("target", stop: { lane.stop() }, run: { lane.run() })
        ways[target.name] = Way(lane: lane)
      } catch {
        observe(.deliveryWaits(reason: error.description))
      }
    }
    deliver(&ways)
  }

  private func deliver(_ ways: inout [String: Way]) {
    var office = ElectedConnection(database, lock: .notifications, interruption)
    var round = Round()
    var backOff = BackOff()
    var hasProblem = false
    // Each way has one parcel at most, so these are few.
    var unnoted: [TargetLane.Outcome] = []
    while !interruption.isRequested {
      var pause = Self.intervalMilliseconds
      for outcome in takeOutcomes() {
        note(outcome, &ways)
        unnoted.append(outcome)
      }
      do throws(PostgresError) {
        if let connection = try office.elected() {
          let outbox = NotificationOutbox(connection)
          while let outcome = unnoted.last {
            try write(outcome, outbox)
            unnoted.removeLast()
          }
          try work(connection, outbox, &round, &ways)
        } else {
          // Whoever is elected now sends them again.
          unnoted.removeAll()
        }
        hasProblem = false
        backOff.reset()
      } catch {
        if !hasProblem, !interruption.isRequested { observe(.deliveryWaits(reason: error.description)) }
        hasProblem = true
        office.close()
        pause = max(pause, backOff.next())
      }
      _ = board.wait(timeoutMilliseconds: pause) { $0.isStopping || !$0.outcomes.isEmpty ? true : nil }
    }
    office.close()
  }

  /// Ends `run`; what is under way is given up and sent again later.
  public func stop() {
    interruption.request()
    board.update { $0.isStopping = true }
  }

  /// What waits for a target; 0 where another instance is elected.
  public func waiting(of target: String) -> Int { board.read { $0.waiting[target] ?? 0 } }

  // MARK: A round

  /// When what is not done in every round was done last; monotonic microseconds.
  private struct Round {
    var followUps: Int64 = 0
    var retirement: Int64 = 0
  }

  private func work(
    _ connection: PostgresConnection, _ outbox: NotificationOutbox, _ round: inout Round, _ ways: inout [String: Way]
  ) throws(PostgresError) {
    let now = Clock.monotonic()
    if now - round.followUps >= Self.followUpMicroseconds || round.followUps == 0 {
      round.followUps = now
      try followUp(FollowUps(connection))
      let waiting = try outbox.waiting(targets.map(\.name))
      board.update { board in board.waiting = Dictionary(uniqueKeysWithValues: waiting.map { ($0.target, $0.count) }) }
    }
    let idle = ways.filter { !$0.value.isBusy && $0.value.restsUntil <= now }.map(\.key)
    if !idle.isEmpty {
      for (name, count) in try outbox.due(idle) {
        guard let way = ways[name], let parcel = try parcel(for: way.lane.target, waiting: count, outbox) else {
          continue
        }
        way.lane.send(parcel)
        ways[name]?.isBusy = true
      }
      try repeatFiring(outbox, now, &ways)
    }
    if now - round.retirement >= Self.retirementMicroseconds || round.retirement == 0 {
      round.retirement = now
      try retire(outbox)
    }
  }

  private func takeOutcomes() -> [TargetLane.Outcome] {
    board.update { board in
      defer { board.outcomes = [] }
      return board.outcomes
    }
  }

  /// The next message of a target; nil: none is to be sent now.
  private func parcel(
    for target: NotificationTarget, waiting: Int, _ outbox: NotificationOutbox
  ) throws(PostgresError) -> Parcel? {
    var left: Int?
    if let limit = target.rateLimit {
      left = limit.count - (try outbox.sent(target.name, within: limit.microseconds))
    }
    let allowance = Allowance(target.kind, left: left, waiting: waiting)
    guard allowance != .nothing else { return nil }
    let limit = allowance == .summary ? MessageRenderer.maximumCount(target.kind) : 1
    var rows = try outbox.next(target.name, atMost: limit)
    guard let first = rows.first else { return nil }
    if first.leads {
      rows = try outbox.told(by: first.id, target.name)
    } else if rows.count > 1 {
      rows.removeAll { $0.leads }
      if rows.count > 1 { try outbox.combine(rows.map(\.id)) }
    }
    return Parcel(
      ids: rows.map(\.id), notifications: rows.map(notification), attempts: rows.first?.attempts ?? 0)
  }

  private func notification(_ row: WaitingNotification) -> Notification {
    Notification(
      key: row.key, event: Notification.Event(rawValue: row.event) ?? .firing, source: settings.source,
      createdAt: row.createdAt, payload: (try? JSONValue(parsing: row.payload)) ?? .object([]))
  }

  /// An Alertmanager forgets what it is not told again.
  private func repeatFiring(
    _ outbox: NotificationOutbox, _ now: Int64, _ ways: inout [String: Way]
  ) throws(PostgresError) {
    for (name, way) in ways where way.lane.target.kind == .alertmanager && !way.isBusy && way.restsUntil <= now {
      guard way.repeatedAt == 0 || now - way.repeatedAt >= Int64(settings.resendSeconds) * 1_000_000 else { continue }
      ways[name]?.repeatedAt = now
      let firing = try outbox.firing(name, atMost: Self.portion)
      guard !firing.isEmpty else { continue }
      way.lane.send(Parcel(ids: [], notifications: firing.map(notification), attempts: 0))
      ways[name]?.isBusy = true
    }
  }

  private func followUp(_ followUps: FollowUps) throws(PostgresError) {
    let escalations = targets.compactMap { target in
      target.escalation.map {
        FollowUps.Escalation(from: target.name, to: $0.target, seconds: Double($0.microseconds) / 1_000_000)
      }
    }
    for (target, count) in try followUps.escalate(escalations) {
      observe(.incidentsEscalated(target: target, count: count))
    }
    if !escalations.isEmpty { try followUps.resolveEscalated() }
    try followUps.acknowledge(targets.filter { $0.kind == .pagerduty }.map(\.name))
  }

  private func retire(_ outbox: NotificationOutbox) throws(PostgresError) {
    for (target, count) in try outbox.giveUpOld(seconds: settings.giveUpSeconds, portion: Self.portion) {
      let isDefined = targets.contains { $0.name == target }
      // A label of a metric must be one of few.
      observe(.notificationsGivenUp(target: isDefined ? target : "other", count: count, reason: "they are too old"))
    }
    while try outbox.removeOld(seconds: settings.keepSeconds, portion: Self.portion) == Self.portion,
      !interruption.isRequested
    {}
  }

  // MARK: What became of a parcel

  /// Who is idle again, and who is left alone for a while.
  private func note(_ outcome: TargetLane.Outcome, _ ways: inout [String: Way]) {
    guard var way = ways[outcome.target] else { return }
    way.isBusy = false
    if let failure = outcome.failure {
      if !interruption.isRequested {
        observe(
          Observation.deliveryFailed(
            target: outcome.target, reason: failure.description, isNews: !way.hasProblem
          ).traced(by: outcome.trace))
      }
      way.hasProblem = true
      if !failure.isRefused {
        let asked = min(failure.retryAfterSeconds, RetryPlan.longestRestSeconds) * 1_000
        way.restsUntil = Clock.monotonic() + Int64(max(way.backOff.next(), asked)) * 1_000
      }
    } else {
      way.hasProblem = false
      way.backOff.reset()
      if !outcome.parcel.ids.isEmpty {
        observe(
          Observation.notificationsDelivered(target: outcome.target, count: outcome.parcel.ids.count).traced(
            by: outcome.trace))
      }
    }
    ways[outcome.target] = way
  }

  private func write(_ outcome: TargetLane.Outcome, _ outbox: NotificationOutbox) throws(PostgresError) {
    let parcel = outcome.parcel
    guard !parcel.ids.isEmpty else { return }
    guard let failure = outcome.failure else { return try outbox.delivered(parcel.ids) }
    var generator = SystemRandomNumberGenerator()
    let wait = RetryPlan(giveUpSeconds: settings.giveUpSeconds).wait(
      attempts: parcel.attempts + 1, ageSeconds: (Clock.wall() - parcel.createdAt) / 1_000_000,
      isRefused: failure.isRefused, using: &generator)
    if let wait {
      try outbox.failed(parcel.ids, problem: failure.description, retryAfter: wait)
    } else {
      try outbox.givenUp(parcel.ids, problem: failure.description)
      observe(
        .notificationsGivenUp(target: outcome.target, count: parcel.ids.count, reason: failure.description))
    }
  }
}
