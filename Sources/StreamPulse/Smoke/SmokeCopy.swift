import Configuration
import Kafka
import Plan
import Postgres
import Project
import SQLQuoting
import Storage
import Threads

/// A copy of a project for a moment: its definitions over a schema and topics of their own, on the system's own brokers and
/// in its own database. Nothing of it is seen by the system, and nothing is left of it.
///
/// Nobody outside hears of it: alerts are told to no target, and no dead letter is forwarded.
final class SmokeCopy {
  private static let prefix = "streampulse_smoke_"
  /// Begins the comment that tells such schemas from a project's; behind it stand the names of the topics.
  private static let mark = "Copy of a project by streampulse smoke, which drops it. Topics: "

  let name: String
  let project: Project
  let sources: [StreamSource]
  let database: ConnectionSettings
  let connection: PostgresConnection
  private let system: SmokeSystem
  private let admin: KafkaAdmin
  /// Of each of the copy's topics.
  private(set) var partitions: [String: Int] = [:]
  private let isEmbedded: Bool

  /// Names it, and takes away what copies have left that were killed. Makes nothing yet.
  init(_ system: SmokeSystem, _ admin: KafkaAdmin, alerts: [AlertPlan]) throws {
    let name = Self.prefix + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    self.system = system
    self.admin = admin
    self.name = name
    isEmbedded = try admin.clusterIdentity(timeoutMilliseconds: SmokeSystem.patienceMilliseconds).isEmbedded
    project = system.project.isolated(with: alerts)
    sources = project.streams.map { stream in
      let topic = Self.topicPrefix(of: name) + stream.name
      return StreamSource(stream: stream, topic: topic, topicOrigin: "topic", group: topic)
    }
    // Whoever uses the schema is connected under its name.
    var database = system.database.with("application_name", name)
    database.schema = name
    self.database = database
    connection = try PostgresConnection(database)
    try removeAbandoned()
  }

  /// Topics take no underscore beside a dot, which metrics could not tell apart.
  private static func topicPrefix(of name: String) -> String { name.replacing("_", with: "-") + "." }

  /// Makes schema, tables and topics.
  func make() throws {
    let topics = sources.map(\.topic).joined(separator: ", ")
    let schema = quotedIdentifier(name)
    try connection.execute(
      """
      SET client_min_messages = warning;
      CREATE SCHEMA \(schema);
      COMMENT ON SCHEMA \(schema) IS \(quotedLiteral(Self.mark + topics));
      """)
    // What definitions are joined with is read, and stays where it is.
    try show(Set(project.references.map(\.name)))
    _ = try Migrator(connection, observe: { _ in }).migrate(
      project, as: system.context.projectName(), grantsReading: false)
    try show(nil)
    let pulse = quotedIdentifier(Bookkeeping.schema(of: system.database.schema))
    try connection.execute(
      """
      INSERT INTO \(connection.pulse).schemas SELECT * FROM \(pulse).schemas;
      INSERT INTO \(connection.pulse).subjects SELECT * FROM \(pulse).subjects
      """)
    for (source, original) in zip(sources, system.sources) {
      let count = try admin.partitionCount(original.topic) ?? 1
      try admin.createTopicIfMissing(source.topic, partitions: count)
      partitions[source.topic] = try admin.partitionCount(source.topic) ?? count
    }
  }

  /// Relations of the real schema that the copy has none of, as views of the same name.
  ///
  /// - Parameter names: only these; nil: all.
  private func show(_ names: Set<String>?) throws {
    let real = system.database.schema ?? "public"
    let found = try connection.query(
      """
      SELECT c.relname FROM pg_class AS c
      WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND has_table_privilege(c.oid, 'SELECT')
        AND NOT EXISTS (SELECT FROM pg_class AS o
                        WHERE o.relnamespace = to_regnamespace(quote_ident($2)) AND o.relname = c.relname)
      ORDER BY 1 LIMIT 1000
      """, [.text(real), .text(name)])
    for row in 0..<found.rowCount {
      guard let relation = found[row, 0], names?.contains(relation) ?? true else { continue }
      let quoted = quotedIdentifier(relation)
      try connection.execute(
        "CREATE VIEW \(quotedIdentifier(name)).\(quoted) AS SELECT * FROM \(quotedIdentifier(real)).\(quoted)")
    }
  }

  /// The settings of what runs over the copy: an API of its own on any free port, for this machine alone.
  var context: CommandContext {
    var configuration = system.context.configuration
    configuration.api.host = "127.0.0.1"
    configuration.api.port = 0
    configuration.api.tokens = .none
    configuration.api.allowsAnonymous = true
    configuration.api.rateLimit = 0
    configuration.api.workers = 2
    configuration.api.threads = 1
    configuration.api.maxConnections = 64
    configuration.api.maxConnectionsPerAddress = 64
    configuration.engine.workers = .fixed(1)
    configuration.resultSchema = name
    return CommandContext(configuration, system.context.quietObserver)
  }

  // MARK: The end

  /// Takes everything away that was made.
  ///
  /// - Returns: what could not be, and why; nil: nothing is left.
  func remove() -> String? {
    var left: [String] = []
    do throws(PostgresError) {
      try drop([name])
    } catch {
      left.append("the schemas \(name)…: \(error)")
    }
    connection.close()
    if isEmbedded {
      // It deletes no topics; they end with it.
      return left.isEmpty ? nil : left.joined(separator: "; ")
    }
    for source in sources where partitions[source.topic] != nil {
      left += [delete(topic: source.topic), delete(group: source.group)].compactMap { $0 }
    }
    return left.isEmpty ? nil : left.joined(separator: "; ")
  }

  private func delete(topic: String) -> String? {
    do throws(KafkaError) {
      try admin.deleteTopic(topic)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// The brokers may not have heard yet that its last member has gone.
  private func delete(group: String) -> String? {
    var backOff = BackOff()
    let pause = Monitor(())
    var problem: String?
    for _ in 0..<8 {
      do throws(KafkaError) {
        try admin.deleteGroup(group)
        return nil
      } catch {
        problem = "\(error)"
        _ = pause.wait(timeoutMilliseconds: backOff.next()) { _ in nil as Void? }
      }
    }
    return problem
  }

  private func drop(_ names: [String]) throws(PostgresError) {
    let schemas = names.flatMap { name in
      [name, Bookkeeping.schema(of: name), Bookkeeping.schema(of: name) + "_replay"].map(quotedIdentifier)
    }
    try connection.execute(
      "SET client_min_messages = warning; DROP SCHEMA IF EXISTS \(schemas.joined(separator: ", ")) CASCADE")
  }

  /// What copies have left that were killed: whoever uses one is connected under its name.
  private func removeAbandoned() throws {
    let left = try connection.query(
      """
      SELECT nspname, substr(obj_description(oid, 'pg_namespace'), length($2) + 1) FROM pg_namespace
      WHERE starts_with(nspname::text, $1) AND starts_with(obj_description(oid, 'pg_namespace'), $2)
        AND pg_has_role(nspowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = nspname)
      """, [.text(Self.prefix), .text(Self.mark)])
    for row in 0..<left.rowCount {
      guard let name = left[row, 0] else { continue }
      try drop([name])
      // It deletes no topics, and does not even say so.
      guard !isEmbedded else { continue }
      for topic in (left[row, 1] ?? "").split(separator: ",") {
        // Theirs alone are called so.
        let topic = String(topic).replacing(" ", with: "")
        guard topic.hasPrefix(Self.topicPrefix(of: name)) else { continue }
        _ = delete(topic: topic)
        _ = try? admin.deleteGroup(topic)
      }
    }
  }
}
