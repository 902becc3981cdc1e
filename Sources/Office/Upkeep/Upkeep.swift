import Events
import Kafka
import Observability
import Postgres
import Threads

/// Keeps the engine's own tables small: ledger, dead letters and alerts. What the elected watch of a stream does now and
/// then, in portions between which it can be stopped.
struct Upkeep {
  /// Between two rounds when nothing is left to do.
  private static let intervalMicroseconds: Int64 = 600_000_000

  private let stream: String
  private let topic: String
  private let beginnings: TopicBeginnings?
  private let letters: LetterRetention
  private let alerts: AlertRetention
  private var folding: LedgerFolding
  private var nextRound: Int64 = 0

  /// - Parameter kafka: nil: nobody can say what the topic still holds, and dead letters of it stay.
  init(_ settings: KeepSettings, stream: String, topic: String, kafka: KafkaConfiguration?) {
    self.stream = stream
    self.topic = topic
    beginnings = kafka.map { TopicBeginnings(kafka: $0, topic: topic) }
    letters = LetterRetention(days: settings.deadLetterDays)
    alerts = AlertRetention(days: settings.alertDays)
    folding = LedgerFolding(days: settings.ledgerDays)
  }

  /// A round, where one is due. What is wrong with one table keeps none of the others from being kept small.
  ///
  /// - Throws: when the connection is lost.
  mutating func work(
    _ connection: PostgresConnection, cluster: String, isStopping: () -> Bool, observe: (Observation) -> Void
  ) throws(PostgresError) {
    let now = Clock.monotonic()
    guard now >= nextRound else { return }
    nextRound = now + Self.intervalMicroseconds
    try attempt("ledger", observe) { () throws(PostgresError) in
      let folded = try folding.fold(stream, connection, isStopping: isStopping)
      // The rest of a long backlog comes with the next look at retention.
      if folded.hasMore { nextRound = now }
      return folded.segments
    }
    try attempt("alerts", observe) { () throws(PostgresError) in
      try removePortions(of: alerts.portion, isStopping) { () throws(PostgresError) in
        try alerts.removePortion(connection)
      }
    }
    try attempt("dead_letters", observe) { () throws(PostgresError) in
      try forgetLetters(connection, cluster, isStopping)
    }
  }

  private func forgetLetters(
    _ connection: PostgresConnection, _ cluster: String, _ isStopping: () -> Bool
  ) throws(PostgresError) -> Int {
    let old = try letters.partitions(of: stream, cluster: cluster, topic: topic, connection)
    guard let old, !isStopping() else { return 0 }
    let held = old.isEmpty ? [:] : try askedBeginnings(old, connection)
    return try removePortions(of: letters.portion, isStopping) { () throws(PostgresError) in
      try letters.removePortion(of: stream, cluster: cluster, topic: topic, beginnings: held, connection)
    }
  }

  /// The brokers may take longer to answer than whoever is elected may be silent.
  private func askedBeginnings(
    _ partitions: [Int32], _ connection: PostgresConnection
  ) throws(PostgresError) -> [Int32: Offset] {
    guard let beginnings else { return [:] }
    try connection.allowAbsence(milliseconds: TopicBeginnings.longestMilliseconds)
    let offsets = beginnings.offsets(partitions)
    try connection.allowAbsence(milliseconds: ElectedConnection.absenceMilliseconds)
    return offsets
  }

  private func attempt(
    _ table: String, _ observe: (Observation) -> Void, _ work: () throws(PostgresError) -> Int
  ) throws(PostgresError) {
    do throws(PostgresError) {
      let rows = try work()
      if rows > 0 { observe(.retentionRemoved(table: table, rows: rows)) }
    } catch {
      if error.isConnectionLost { throw error }
      // Said again with the next round, ten minutes later.
      observe(.watchFailed(reason: "\(table): \(error.description)"))
    }
  }

  /// Goes on until a portion is not full, and returns how much it was.
  private func removePortions(
    of size: Int64, _ isStopping: () -> Bool, _ remove: () throws(PostgresError) -> Int
  ) throws(PostgresError) -> Int {
    var removed = 0
    while !isStopping() {
      let count = try remove()
      removed += count
      if count < size { break }
    }
    return removed
  }
}
