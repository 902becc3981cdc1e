import Audit
import Configuration
import Glibc
import HTTPClient
import JSON
import Kafka
import Plan
import Postgres
import SQLQuoting
import StatsAPI
import Storage
import Threads

/// Marked events through a copy of the system: its own programs, brokers, database, definitions and settings; only schema
/// and topics are others. So it is right for any project: nothing has to be taken out of rows that hold other events, too.
struct CopiedSystem {
  private static let patienceMicroseconds: Int64 = 60_000_000
  /// For so long it is waited that a window closes.
  private static let alertMicroseconds: Int64 = 20_000_000

  private let system: SmokeSystem
  private let copy: SmokeCopy
  private let watched: AggregatePlan?
  private var events: [String: MarkedEvents] = [:]

  /// Asks all questions, and takes everything away.
  static func ask(_ system: SmokeSystem, events: Int, _ add: ([SmokeCheck]) -> Void) {
    do {
      let admin = try KafkaAdmin(configuration: system.kafka)
      let mark = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      var samples: [String: MarkedEvents] = [:]
      for source in system.sources {
        samples[source.name] = try MarkedEvents(
          of: source, about: max(events / system.sources.count, 1), system.kafka, admin, mark: mark)
      }
      guard samples.contains(where: { !$0.value.records.isEmpty }) else {
        return add([
          SmokeCheck(
            name: SmokeCheck.copyRows, outcome: .skipped,
            detail: "the topics hold no record that could be copied: send one first")
        ])
      }
      // Of whatever can close soonest.
      let aggregates = system.project.aggregates.filter { !$0.window.isSession }
      let watched = aggregates.min { $0.window.longestMicroseconds < $1.window.longestMicroseconds }
      let copy = try SmokeCopy(system, admin, alerts: watched.map { [.smoke(on: $0)] } ?? [])
      CopiedSystem(system: system, copy: copy, watched: watched, events: samples).run(add)
    } catch {
      add([.ask(SmokeCheck.copyRows) { throw error }])
    }
  }

  private func run(_ add: ([SmokeCheck]) -> Void) {
    var processors: ProcessorService?
    var api: APIService?
    func stop() {
      api?.stop()
      processors?.stop()
    }
    do {
      try copy.make()
      let context = copy.context
      let service = try ProcessorService(
        context, LoadedDefinitions(project: copy.project, version: 0), copy.sources, kafka: system.kafka,
        database: copy.database)
      processors = service
      let answers = try APIService(
        context, copy.project, copy.sources, kafka: system.kafka, database: copy.database, processors: service)
      api = answers
      try ask(answers.url, add)
    } catch {
      add([.ask(SmokeCheck.copyRows) { throw error }])
    }
    stop()
    let left = copy.remove()
    add([
      SmokeCheck(
        name: SmokeCheck.copyRemoved, outcome: left == nil ? .passed : .failed,
        detail: left.map { "left behind: \($0)" } ?? "schema and topics of the copy are gone; the system never saw them"
      )
    ])
  }

  private func ask(_ url: String, _ add: ([SmokeCheck]) -> Void) throws {
    // What has events is what changes.
    let subject = copy.project.streams.first { events[$0.name]?.records.isEmpty == false }?.plan.aggregates.first
    var probe: EventStreamProbe?
    var refusal: String?
    if let subject {
      do {
        let opened = try EventStreamProbe(url, path: EndpointPlan.rowsPath(of: subject.name) + "?limit=1000")
        if try opened.wait(for: 1, microseconds: Self.patienceMicroseconds) { probe = opened }
      } catch {
        refusal = "\(error)"
      }
    }
    for source in copy.sources {
      try events[source.name]?.send(to: source.topic, partitions: copy.partitions[source.topic] ?? 1, system.kafka)
    }
    add([.ask(SmokeCheck.copyRows) { try rows() }])
    add([.ask(SmokeCheck.copyEndpoints) { try endpoints(url) }])
    add([
      .ask(SmokeCheck.copyPush) {
        guard let probe else { return (.failed, refusal ?? "the subscription brought no first result") }
        guard try probe.wait(for: 2, microseconds: Self.patienceMicroseconds) else {
          // Nothing was counted for it.
          if let subject, try count(of: subject) == 0 { return (.skipped, "\(subject.name) takes none of the events") }
          return (.failed, "the rows have changed, and the subscription has not told it")
        }
        return (.passed, "the change of \(subject?.name ?? "") was told")
      }
    ])
    add([.ask(SmokeCheck.copyAlert) { try alert() }])
  }

  private func count(of aggregate: AggregatePlan) throws -> Int64 {
    try copy.connection.query("SELECT count(*) FROM \(quotedIdentifier(aggregate.tableName))").integer(0, 0) ?? 0
  }

  /// All of them are counted once, and Postgres' own answer to each definition is the same.
  private func rows() throws -> (SmokeCheck.Outcome, String) {
    let sent = events.values.reduce(0) { $0 + $1.records.count }
    let pulse = copy.connection.pulse
    var consumed: Int64 = 0
    let haveArrived = try SmokeSystem.wait(microseconds: Self.patienceMicroseconds) {
      consumed =
        try copy.connection.query("SELECT coalesce(sum(consumed), 0)::bigint FROM \(pulse).ledger").integer(0, 0) ?? 0
      return consumed >= Int64(sent)
    }
    guard haveArrived else {
      return (.failed, "\(consumed) of \(counted(sent, "marked event")) arrived within a minute")
    }
    let report = try Verifier(copy.connection, copy.project.streams.map(\.plan)).verify()
    if let contradiction = report.contradiction { return (.failed, contradiction) }
    guard report.consumed == sent else { return (.failed, "\(report.consumed) events were counted of \(sent)") }
    var recounted = 0
    for source in copy.sources where events[source.name]?.records.isEmpty == false {
      let connection = try PostgresConnection(copy.database)
      defer { connection.close() }
      let recount = try Recount(
        connection, source.stream, kafka: system.kafka, topic: source.topic, group: source.group + "-recount",
        schemas: system.context.schemaSource(copy.database)
      ).run()
      if let wrong = recount.contradictions.first ?? recount.aggregates.flatMap(\.differences).first {
        return (.failed, "Postgres computes another row: \(wrong)")
      }
      recounted += recount.aggregates.reduce(0) { $0 + $1.rows }
    }
    return (
      .passed,
      "\(counted(sent, "event")) in \(counted(recounted, "row")), as Postgres computes them"
        + (report.dead > 0 ? "; \(report.dead) of them are dead letters" : "")
    )
  }

  private func endpoints(_ url: String) throws -> (SmokeCheck.Outcome, String) {
    let (outcome, detail) = try EndpointQuestions(url: url).ask(copy.project)
    guard outcome == .passed else { return (outcome, detail) }
    let client = try HTTPClient()
    for aggregate in copy.project.aggregates where try count(of: aggregate) > 0 && aggregate.having == nil {
      let answer = try client.get(
        url + EndpointPlan.rowsPath(of: aggregate.name) + "?limit=1&start=1970-01-01T00:00:00Z&end=9999-01-01T00:00:00Z"
      )
      let found = (try? JSONValue(parsing: String(decoding: answer.body, as: UTF8.self)))?["count"]?.intValue ?? 0
      guard answer.status == 200, found > 0 else {
        return (.failed, "the API does not show the rows of \(aggregate.name): it answers \(answer.status)")
      }
    }
    return (.passed, detail)
  }

  /// Closed windows raise it, where the events at hand close one.
  private func alert() throws -> (SmokeCheck.Outcome, String) {
    guard let watched else { return (.skipped, "sessions of any length close no window soon") }
    var isDue = false
    var alerts: Int64 = 0
    let isRaised = try SmokeSystem.wait(microseconds: Self.alertMicroseconds) {
      let found = try copy.connection.query(
        """
        SELECT (SELECT count(*) FROM alerts WHERE alert_type = $1),
               EXISTS (SELECT FROM \(quotedIdentifier(watched.name)) WHERE window_end <= final_until($2))
        """, [.text(AlertPlan.smokeName), .text(watched.name)])
      isDue = found.boolean(0, 1) ?? false
      alerts = found.integer(0, 0) ?? 0
      return alerts > 0
    }
    if isRaised {
      return (.passed, "\(counted(Int(alerts), "alert")) by closed windows of \(watched.name), told to nobody")
    }
    return isDue
      ? (.failed, "a window of \(watched.name) has closed, and no alert was raised")
      : (.skipped, "the events at hand close no window of \(watched.name): later ones would have to follow")
  }
}
