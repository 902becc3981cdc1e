import Configuration
import Diagnosis
import Kafka
import Plan
import Postgres
import Storage

/// What can be wrong with the brokers, and with a stream between its topic and its tables.
struct BrokerExamination {
  private let kafka: KafkaConfiguration
  private let patienceMilliseconds: Int32

  init(_ kafka: KafkaConfiguration, patienceSeconds: Int) {
    self.kafka = kafka
    patienceMilliseconds = Int32(clamping: patienceSeconds * 1000)
  }

  /// The cluster that the brokers are of; nil, with a finding, when none answers.
  func reach(_ found: inout [Finding]) -> (admin: KafkaAdmin, cluster: ClusterIdentity)? {
    do throws(KafkaError) {
      let admin = try KafkaAdmin(configuration: kafka)
      return (admin, try admin.clusterIdentity(timeoutMilliseconds: patienceMilliseconds))
    } catch {
      found.append(
        .failure(
          "kafka", "no broker answers at \(kafka.bootstrapServers): \(error)",
          Advice.againstKafka(error.description)))
      return nil
    }
  }

  /// Brokers that say of themselves to be where nobody can reach them from here.
  func advertised(_ admin: KafkaAdmin) throws -> [Finding] {
    try admin.brokers(timeoutMilliseconds: patienceMilliseconds).compactMap { broker in
      guard let problem = Reachability.problem(host: broker.host, port: broker.port) else { return nil }
      return .failure(
        "kafka",
        "the broker \(broker.id) advertises \(broker.host):\(broker.port), where it is not reached: \(problem)",
        "set advertised.listeners to an address that this machine reaches, or make its name known here")
    }
  }

  /// Looks at a stream: its topic, who processes it, how far, and what became of its records lately.
  ///
  /// - Parameter connection: nil: the database cannot be asked.
  func examine(
    _ source: StreamSource, _ cluster: ClusterIdentity, _ admin: KafkaAdmin, _ connection: PostgresConnection?,
    silentAfterSeconds: Int, _ found: inout [Finding]
  ) throws {
    let area = "stream \(source.name)"
    let partitions: Int
    switch try admin.presence(of: source.topic, timeoutMilliseconds: patienceMilliseconds) {
    case .present(let count): partitions = count
    case .missing:
      found.append(
        .failure(
          area, "there is no topic \(source.topic)",
          "create it (kafka-topics.sh --create --topic \(source.topic)), or correct \(source.topicOrigin)"))
      return
    case .withoutPartitions:
      found.append(.failure(area, "the topic \(source.topic) has no partitions: it is being made or deleted", "wait"))
      return
    case .forbidden:
      found.append(
        .failure(
          area, "this Kafka user may not see the topic \(source.topic)",
          "give it the rights Describe and Read for the topic, and Read for the group \(source.group)"))
      return
    }
    // The embedded broker keeps neither configuration nor access lists, and leaves such questions unanswered.
    if !cluster.isEmbedded {
      if let finding = retention(source, admin, area) { found.append(finding) }
      found += try denials(source, admin, area)
    }
    guard let connection else { return }
    if try !ProcessorPresence.isThere(connection, stream: source.name) {
      found.append(.failure(area, "no processor is running", "start one: streampulse process"))
    }
    try examinePositions(source, cluster.id, partitions, admin, connection, &found)
    let newest = try NewestEvents(connection, stream: source.name, topic: source.topic, cluster: cluster.id)
    if silentAfterSeconds > 0, let age = newest.recordAgeSeconds, age > Double(silentAfterSeconds) {
      found.append(
        .warning(
          area, "no records for \(Self.duration(age))", "do its producers run? SILENT_AFTER_SECONDS is the limit"))
    }
    try examineLetters(source, connection, &found)
    try examineOutbox(source, connection, &found)
  }

  /// What `streampulse process` needs and access lists deny to this user.
  private func denials(_ source: StreamSource, _ admin: KafkaAdmin, _ area: String) throws -> [Finding] {
    var found: [Finding] = []
    if try !admin.mayRead(topic: source.topic) {
      found.append(
        .failure(
          area, "this Kafka user may not read the topic \(source.topic)",
          "give it the right Read for the topic (docs/security.md, The least rights)"))
    }
    if try !admin.maySee(group: source.group, timeoutMilliseconds: patienceMilliseconds) {
      found.append(
        .failure(
          area, "this Kafka user may not use the consumer group \(source.group)",
          "give it the right Read for the group (docs/security.md, The least rights), or set KAFKA_GROUP_ID"))
    }
    return found
  }

  /// Whether the topic keeps records as long as windows are open; a broker that does not tell is none to be blamed.
  private func retention(_ source: StreamSource, _ admin: KafkaAdmin, _ area: String) -> Finding? {
    guard
      let configuration = try? admin.topicConfiguration(source.topic, timeoutMilliseconds: patienceMilliseconds)
    else { return nil }
    let plan = source.stream.plan
    let open = plan.aggregates.map { $0.window.longestMicroseconds + $0.allowedLatenessMicroseconds }.max() ?? 0
    let facts = TopicFacts(
      topic: source.topic, cleanupPolicy: configuration["cleanup.policy"],
      retentionMilliseconds: configuration["retention.ms"].flatMap { Int64($0) },
      openMicroseconds: open + plan.definition.outOfOrdernessMicroseconds)
    return facts.finding(area)
  }

  /// Dead letters that nobody takes.
  private func examineOutbox(
    _ source: StreamSource, _ connection: PostgresConnection, _ found: inout [Finding]
  ) throws {
    let waiting = try connection.query(
      """
      SELECT count(*), min(o.topic), extract(epoch FROM clock_timestamp() - min(o.created_at))::double precision
      FROM \(connection.pulse).outbox AS o JOIN dead_letters AS d ON d.id = o.letter
      WHERE d.stream = $1 AND o.problem IS NULL
      """, [.text(source.name)])
    guard let count = waiting.integer(0, 0), count > 0, let age = waiting.double(0, 2), age > 60 else { return }
    found.append(
      .warning(
        "stream \(source.name)",
        "\(counted(Int(count), "dead letter")) to be forwarded to \(waiting[0, 1] ?? "") wait for \(Self.duration(age))",
        "does that topic exist, and may this user write to it?"))
  }

  private func examinePositions(
    _ source: StreamSource, _ cluster: String, _ partitions: Int, _ admin: KafkaAdmin,
    _ connection: PostgresConnection, _ found: inout [Finding]
  ) throws {
    let area = "stream \(source.name)"
    let rows = try connection.query(
      """
      SELECT partition, next_offset, extract(epoch FROM clock_timestamp() - updated_at)::double precision
      FROM \(connection.pulse).progress WHERE stream = $1 AND topic = $2 AND cluster = $3 ORDER BY partition
      """, [.text(source.name), .text(source.topic), .text(cluster)])
    if rows.rowCount == 0 {
      let elsewhere = try connection.query(
        "SELECT count(*) FROM \(connection.pulse).progress WHERE stream = $1 AND topic = $2",
        [.text(source.name), .text(source.topic)])
      if let count = elsewhere.integer(0, 0), count > 0 {
        found.append(
          .warning(
            area, "its positions are those of another Kafka cluster",
            "are the brokers the right ones? A processor begins anew")
        )
      }
      return
    }
    for row in 0..<rows.rowCount {
      guard let partition = rows.integer(row, 0), let next = rows.integer(row, 1) else { continue }
      guard partition < Int64(partitions) else {
        found.append(
          .failure(
            area, "partition \(partition) of \(source.topic) is gone: the topic was made anew",
            "docs/exactly-once.md, Gaps, has both ways on"))
        continue
      }
      let log = try admin.watermarkOffsets(
        topic: source.topic, partition: Int32(clamping: partition), timeoutMilliseconds: patienceMilliseconds)
      if next < log.low {
        found.append(
          .failure(
            area, "\(log.low - next) records of partition \(partition) were deleted before they were read",
            "lengthen the topic's retention; streampulse verify names the gap"))
      } else if next > log.high {
        found.append(
          .failure(
            area, "partition \(partition) ends at \(log.high), before the position \(next): the topic was made anew",
            "docs/exactly-once.md, Gaps, has both ways on"))
      } else if log.high > next, let age = rows.double(row, 2), age > 60 {
        found.append(
          .failure(
            area,
            "partition \(partition) has \(log.high - next) records that wait, and nothing was committed for "
              + Self.duration(age),
            "the log of streampulse process says why: Postgres, a held partition, a missing schema"))
      }
    }
  }

  private func examineLetters(
    _ source: StreamSource, _ connection: PostgresConnection, _ found: inout [Finding]
  ) throws {
    let letters = try connection.query(
      """
      SELECT code, count(*) FROM (
        SELECT code FROM dead_letters
        WHERE stream = $1 AND created_at > now() - INTERVAL '1 hour' AND replayed_at IS NULL ORDER BY id DESC LIMIT 10000
      ) AS latest GROUP BY code ORDER BY count(*) DESC LIMIT 3
      """, [.text(source.name)])
    guard letters.rowCount > 0 else { return }
    let codes = (0..<letters.rowCount).map { "\(letters[$0, 1] ?? "") \(letters[$0, 0] ?? "")" }
    found.append(
      .warning(
        "stream \(source.name)", "dead letters within the last hour: \(codes.joined(separator: ", "))",
        "streampulse dead-letters list"))
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 120
      ? "\(Int(seconds)) seconds" : seconds < 7200 ? "\(Int(seconds / 60)) minutes" : "\(Int(seconds / 3600)) hours"
  }
}
