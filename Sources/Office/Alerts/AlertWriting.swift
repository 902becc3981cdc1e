import JSON
import Plan
import Postgres
import Storage

/// Writes down what evaluation has come to: alerts, incidents and messages by `pulse.change_alerts`, keys' states and how
/// far each alert is.
struct AlertWriting {
  private let connection: PostgresConnection
  private let cluster: String
  private let stream: String
  /// What messages need to know of all alerts of the stream, as JSON.
  private let definitions: String

  init(_ connection: PostgresConnection, cluster: String, stream: String, alerts: [AlertPlan]) {
    self.connection = connection
    self.cluster = cluster
    self.stream = stream
    definitions = JSONValue.object(alerts.map { JSONMember($0.name, $0.routingDocument) }).text
  }

  /// Ends what goes on about alerts of other names.
  func retire(allBut names: [String]) throws(PostgresError) {
    _ = try connection.query(
      "SELECT \(connection.pulse).retire_alerts($1, $2, $3)",
      [.text(stream), .array(PostgresArray(texts: names)), .jsonb(definitions)])
  }

  /// In one transaction, which is one round trip.
  ///
  /// - Parameter portions: with their journals as they are afterwards; an outcome for each.
  func write(_ outcomes: [PortionOutcome], _ portions: [Portion]) throws(PostgresError) {
    let pulse = connection.pulse
    let entries = PortionOutcome.inOrder(outcomes)
    var alerts = PostgresArray(.text)
    var keys = PostgresArray(.text)
    var phases = PostgresArray(.text)
    var newest = PostgresArray(.timestamptz)
    var states = PostgresArray(.bytea)
    var forgottenAlerts = PostgresArray(.text)
    var forgottenKeys = PostgresArray(.text)
    for (outcome, portion) in zip(outcomes, portions) {
      for key in outcome.changed.sorted() {
        guard let state = portion.journal.keys[key] else { continue }
        alerts.append(portion.alert.name)
        keys.append(key)
        phases.append(state.lifecycle.phase.name)
        newest.append(state.lifecycle.newest ?? max(state.seen, 0))
        state.encoded(for: portion.alert.detector).withUnsafeBufferPointer { states.append(bytes: $0) }
      }
      for key in outcome.forgotten {
        forgottenAlerts.append(portion.alert.name)
        forgottenKeys.append(key)
      }
    }
    var statements = [
      PostgresStatement(
        "SELECT \(pulse).change_alerts($1, $2, $3)",
        [
          .text(stream), .jsonb(JSONValue.array(entries.map(\.document)).text), .jsonb(definitions),
        ]),
      PostgresStatement(
        """
        INSERT INTO \(pulse).alert_states AS s (alert, key, phase, last_window, state)
        SELECT d.alert, d.key::jsonb, d.phase, d.last_window, d.state
        FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bytea[])
          AS d (alert, key, phase, last_window, state)
        ON CONFLICT (alert, key) DO UPDATE
        SET phase = excluded.phase, last_window = excluded.last_window, state = excluded.state
        """, [.array(alerts), .array(keys), .array(phases), .array(newest), .array(states)]),
    ]
    if forgottenKeys.count > 0 {
      statements.append(
        PostgresStatement(
          """
          DELETE FROM \(pulse).alert_states AS s USING unnest($1::text[], $2::text[]) AS d (alert, key)
          WHERE s.alert = d.alert AND s.key = d.key::jsonb
          """, [.array(forgottenAlerts), .array(forgottenKeys)]))
    }
    statements += portions.map { portion in
      PostgresStatement(
        """
        INSERT INTO \(pulse).alert_progress (alert, cluster, evaluated_until, looked_at, told_from)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (alert, cluster) DO UPDATE
        SET evaluated_until = excluded.evaluated_until, looked_at = excluded.looked_at, told_from = excluded.told_from,
            updated_at = now()
        """,
        [
          .text(portion.alert.name), .text(cluster), .timestamptz(microseconds: portion.journal.until),
          portion.journal.lookedAt.map { .timestamptz(microseconds: $0) } ?? .null,
          portion.journal.toldFrom.map { .timestamptz(microseconds: $0) } ?? .null,
        ])
    }
    _ = try connection.pipeline(statements)
  }
}

extension AlertPlan {
  /// What messages about its alerts need.
  fileprivate var routingDocument: JSONValue {
    .object([
      JSONMember("notify", .array(routing.notify.map(JSONValue.string))),
      JSONMember("inhibits", .array(routing.inhibits.map(JSONValue.string))),
      JSONMember("runbook", routing.runbook.map(JSONValue.string) ?? .null),
      JSONMember("is_silence", .bool(detector.isSilence)),
    ])
  }
}

extension KeyLifecycle.Phase {
  /// As the table has it.
  fileprivate var name: String {
    switch self {
    case .quiet: "quiet"
    case .pending: "pending"
    case .firing: "firing"
    }
  }
}
