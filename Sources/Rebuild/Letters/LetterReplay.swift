import Dataflow
import Dialects
import Events
import Faults
import Formats
import JSON
import Plan
import Postgres
import References
import Registry
import Storage
import Threads

/// What a replay did.
public struct LetterReplayReport: Sendable {
  public struct Refusal: Sendable {
    public var id: Int64
    public var code: String
    public var reason: String
  }

  /// Letters that now are in the results, or in none because WHERE refuses them.
  public var replayed = 0
  public var refused = 0
  /// The first of the refused ones.
  public var refusals: [Refusal] = []

  static let shownRefusals = 20
}

/// Folds dead letters into the results that have not taken them.
///
/// Each portion is one transaction that locks the letters, adds their deltas to the rows, enters what became of them
/// into `pulse.replayed_letters` and marks them: a crash leaves all of it or nothing, and a second replay finds nothing
/// to do. It may run beside any number of processors, which add to the same rows in the same order of their keys.
public struct LetterReplay {
  /// Letters and bytes of one transaction.
  private static let portion = (letters: 1000, bytes: 16 << 20)
  private static let tries = 8
  private let plan: StreamPlan
  private let decoder: RecordDecoder
  private let connection: PostgresConnection
  private let schemas: SchemaSource?
  private let limits: ReferenceLimits

  /// - Parameters:
  ///   - schemas: knows those of letters that are not the project's own; nil: there are none.
  ///   - limits: how large tables of reference data may be in memory.
  public init(
    _ plan: StreamPlan, _ decoder: RecordDecoder, _ connection: PostgresConnection, schemas: SchemaSource? = nil,
    limits: ReferenceLimits = ReferenceLimits()
  ) {
    self.plan = plan
    self.decoder = decoder
    self.connection = connection
    self.schemas = schemas
    self.limits = limits
  }

  private var lock: AdvisoryLock { .replay(stream: plan.definition.name) }

  /// Replays the letters that the filter means and that have not been replayed.
  ///
  /// - Parameter now: the wall clock in microseconds since 1970, against which events from the future are recognised.
  public func replay(_ filter: LetterFilter, now: Int64) throws(PipelineError) -> LetterReplayReport {
    do {
      let free = try connection.query("SELECT pg_try_advisory_lock_shared($1)", [.bigint(lock.key(for: connection))])
      guard free.boolean(0, 0) == true else {
        throw PipelineError.definition("an aggregate is being replayed: replay dead letters when that is done")
      }
      defer { _ = try? connection.query("SELECT pg_advisory_unlock_shared($1)", [.bigint(lock.key(for: connection))]) }
      // What was checked before the lock was held, a replay with a changed definition may have changed meanwhile.
      let shapes = plan.aggregates.map { (name: $0.name, shape: TableShape($0, of: plan)) }
      if let change = try Migrator.redefinition(shapes, connection) { throw PipelineError.definition(change) }
      try learnSchemas(of: filter)
      let references = try ReferenceLoader(connection, limits: limits).load(plan.references)
      return try replayAll(filter, references, now: now)
    } catch {
      throw PipelineError(error)
    }
  }

  /// Looks up what the letters were written with: before the transactions that hold locks, which must not wait for a
  /// registry. A schema that cannot be had now leaves its letters as they are.
  private func learnSchemas(of filter: LetterFilter) throws(PostgresError) {
    guard let schemas else { return }
    let ids = try connection.query(
      """
      SELECT DISTINCT d.schema_id FROM dead_letters AS d
      WHERE \(LetterFilter.condition) AND d.replayed_at IS NULL AND d.schema_id IS NOT NULL
      ORDER BY d.schema_id
      """, filter.parameters)
    for row in 0..<ids.rowCount {
      guard let id = ids.integer(row, 0).flatMap(UInt32.init(exactly:)) else { continue }
      try schemas.supply(decoder, id)
    }
  }

  private func replayAll(
    _ filter: LetterFilter, _ references: ReferenceSet, now: Int64
  ) throws(PostgresError) -> LetterReplayReport {
    let kinds = try connection.query(
      """
      SELECT DISTINCT d.aggregate FROM dead_letters AS d WHERE \(LetterFilter.condition) AND d.replayed_at IS NULL
      ORDER BY d.aggregate NULLS FIRST
      """, filter.parameters)
    var report = LetterReplayReport()
    for row in 0..<kinds.rowCount {
      var last: Int64? = 0
      while let after = last {
        last = try retrying { () throws(PostgresError) in
          // Only what was committed is reported.
          var tried = report
          let reached = try replayPortion(
            filter, aggregate: kinds[row, 0], after: after, references, now: now, &tried)
          report = tried
          return reached
        }
      }
    }
    return report
  }

  /// A processor that writes the same rows may win; then the portion was rolled back and is tried again.
  private func retrying<Value>(_ body: () throws(PostgresError) -> Value) throws(PostgresError) -> Value {
    var backOff = BackOff()
    let pause = Monitor(())
    for _ in 1..<LetterReplay.tries {
      do throws(PostgresError) {
        return try body()
      } catch {
        guard error.isRetryable, !error.isConnectionLost else { throw error }
        _ = pause.wait(timeoutMilliseconds: backOff.next()) { _ in nil as Void? }
      }
    }
    return try body()
  }

  /// One transaction. Returns the last letter it has looked at; nil when there are no more.
  private func replayPortion(
    _ filter: LetterFilter, aggregate: String?, after: Int64, _ references: ReferenceSet, now: Int64,
    _ report: inout LetterReplayReport
  ) throws(PostgresError) -> Int64? {
    let ids = try candidates(filter, aggregate, after)
    guard !ids.isEmpty else { return nil }
    return try connection.transaction { () throws(PostgresError) in
      let letters = try lock(ids)
      if !letters.isEmpty {
        let replay = ReplayPlan(plan, targets: letters[0].targets, horizons: try horizons())
        let batch = replay.run(letters.map(\.record), decoder.reading(topic: letters[0].topic), references, now: now)
        try write(letters, batch)
        report.count(letters.map(\.id), batch.verdicts)
      }
      return letters.last?.id ?? ids.last
    }
  }

  /// A bounded portion of the letters to replay, without locks.
  private func candidates(
    _ filter: LetterFilter, _ aggregate: String?, _ after: Int64
  ) throws(PostgresError) -> [Int64] {
    let result = try connection.query(
      """
      SELECT id
      FROM (SELECT id, sum(size) OVER (ORDER BY id) AS total, row_number() OVER (ORDER BY id) AS number
            FROM (SELECT d.id, coalesce(octet_length(d.value), 0) AS size FROM dead_letters AS d
                  WHERE \(LetterFilter.condition) AND d.replayed_at IS NULL AND d.aggregate IS NOT DISTINCT FROM $6
                    AND d.id > $7
                  ORDER BY d.id LIMIT $8) AS c) AS c
      WHERE total <= $9 OR number = 1
      ORDER BY id
      """,
      filter.parameters + [
        aggregate.map { .text($0) } ?? .null, .bigint(after), .bigint(Int64(LetterReplay.portion.letters)),
        .bigint(Int64(LetterReplay.portion.bytes)),
      ])
    return (0..<result.rowCount).compactMap { result.integer($0, 0) }
  }

  private struct Letter {
    var id: Int64
    /// Where it came from, which need not be the stream's topic of today.
    var topic: String
    /// As it came: its key, headers and place may be columns, too.
    var record: OwnedRecord
    /// The aggregates that have not taken it: its own one, or all that its segment of the ledger counts for. What was
    /// defined later begins later.
    var targets: [String]
  }

  /// Locks the letters, except what another replay has done meanwhile, as far as they have the same topic and targets.
  private func lock(_ ids: [Int64]) throws(PostgresError) -> [Letter] {
    var numbers = PostgresArray(.bigint, capacityHint: ids.count)
    for id in ids { numbers.append(id) }
    let result = try connection.query(
      """
      SELECT d.id, d.value, to_json(ARRAY(
        SELECT c.aggregate FROM \(connection.pulse).ledger_counts AS c
        WHERE (c.stream, c.cluster, c.topic, c.partition) = (d.stream, d.cluster, d.topic, d.partition)
          AND c.first_offset = (SELECT max(l.first_offset) FROM \(connection.pulse).ledger AS l
                                WHERE (l.stream, l.cluster, l.topic, l.partition) = (d.stream, d.cluster, d.topic, d.partition)
                                  AND l.first_offset <= d.record_offset)
          AND (d.aggregate IS NULL OR c.aggregate = d.aggregate)
        ORDER BY c.aggregate)),
        d.key, d.headers, d.partition, d.record_offset, (extract(epoch FROM d.record_timestamp) * 1000)::bigint,
        d.topic
      FROM dead_letters AS d WHERE d.id = ANY ($1) AND d.replayed_at IS NULL
      ORDER BY d.id FOR UPDATE
      """, [.array(numbers)])
    var letters: [Letter] = []
    for row in 0..<result.rowCount {
      guard let id = result.integer(row, 0) else { continue }
      let names = try? JSONValue(parsing: result[row, 2] ?? "").arrayValue
      let record = OwnedRecord(
        payload: result.bytea(row, 1), key: result.bytea(row, 3),
        headers: DeadLetter.headers(fromJSON: result[row, 4] ?? ""),
        partition: Int32(truncatingIfNeeded: result.integer(row, 5) ?? 0), offset: result.integer(row, 6) ?? 0,
        timestampMilliseconds: result.integer(row, 7) ?? -1)
      let letter = Letter(
        id: id, topic: result[row, 8] ?? "", record: record, targets: names?.compactMap(\.stringValue) ?? [])
      if let first = letters.first, first.targets != letter.targets || first.topic != letter.topic { break }
      letters.append(letter)
    }
    return letters
  }

  /// Until when retention has removed each aggregate's windows.
  private func horizons() throws(PostgresError) -> [String: Int64] {
    let result = try connection.query(
      """
      SELECT aggregate, (extract(epoch FROM horizon) * 1000000)::bigint FROM \(connection.pulse).retired
      WHERE isfinite(horizon)
      """)
    var horizons: [String: Int64] = [:]
    for row in 0..<result.rowCount { horizons[result[row, 0] ?? ""] = result.integer(row, 1) }
    return horizons
  }

  private func write(_ letters: [Letter], _ batch: ReplayedBatch) throws(PostgresError) {
    var statements = batch.deltas.flatMap { delta in
      let aggregate = batch.aggregates[delta.aggregate]
      let locks = SessionLocks.statement(for: delta, of: aggregate, connection).map {
        PostgresStatement($0.sql, $0.parameters)
      }
      return [locks].compactMap { $0 }
        + [PostgresStatement(ResultTable(aggregate).upsertStatement, delta.upsertParameters)]
    }
    var taken = PostgresArray(.bigint)
    var aggregates = PostgresArray(.text)
    var outcomes = PostgresArray(.text)
    var times = PostgresArray(.timestamptz)
    var refused = PostgresArray(.bigint)
    var codes = PostgresArray(.text)
    var reasons = PostgresArray(.text)
    for (index, letter) in letters.enumerated() {
      switch batch.verdicts[index] {
      case .taken(let entries):
        for (aggregate, outcome) in entries {
          taken.append(letter.id)
          aggregates.append(aggregate)
          outcomes.append(outcome.rawValue)
          if let time = batch.eventTimes[index] { times.append(time) } else { times.appendNull() }
        }
      case .refused(let code, let reason):
        refused.append(letter.id)
        codes.append(code.rawValue)
        reasons.append(storable(reason))
      }
    }
    statements += [
      PostgresStatement(
        """
        INSERT INTO \(connection.pulse).replayed_letters (letter, aggregate, outcome, event_time)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[])
        """, [.array(taken), .array(aggregates), .array(outcomes), .array(times)]),
      PostgresStatement("UPDATE dead_letters SET replayed_at = now() WHERE id = ANY ($1)", [.array(taken)]),
      PostgresStatement(
        """
        UPDATE dead_letters AS d SET code = r.code, reason = r.reason, tried_at = now()
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS r (id, code, reason) WHERE d.id = r.id
        """, [.array(refused), .array(codes), .array(reasons)]),
      Announcement.statement(
        stream: plan.definition.name, tables: Set(plan.aggregates.map(\.name) + ["dead_letters"]), connection),
    ]
    _ = try connection.pipeline(statements)
  }
}

extension LetterReplayReport {
  fileprivate mutating func count(_ ids: [Int64], _ verdicts: [ReplayedBatch.Verdict]) {
    for (id, verdict) in zip(ids, verdicts) {
      guard case .refused(let code, let reason) = verdict else {
        replayed += 1
        continue
      }
      refused += 1
      if refusals.count < LetterReplayReport.shownRefusals {
        refusals.append(Refusal(id: id, code: code.rawValue, reason: reason))
      }
    }
  }
}
