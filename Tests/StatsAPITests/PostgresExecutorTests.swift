import ChildProcess
import Glibc
import HTTPTestClient
import JSON
import Plan
import Postgres
import SQLFrontend
import StatsAPI
import TestThreads
import Testing
import Threads

/// A scratch server for the tests of this file, and a pool whose statements may take a second.
private final class Database: Sendable {
  let cluster: PrivateCluster
  let pool: ConnectionPool

  init(size: Int = 2, queueLimit: Int = 16) throws {
    let environment = getenv("TMPDIR").map { ["TMPDIR": String(cString: $0)] } ?? [:]
    let folder = try #require(ScratchFolder(prefix: "streampulse-api", environment: environment))
    cluster = try PrivateCluster(
      folder: folder.path, options: PrivateCluster.Options(isDurable: false, removesFolder: true))
    pool = try ConnectionPool(
      cluster.settings,
      ConnectionPool.Options(
        size: size, queueLimit: queueLimit,
        setup: ConnectionPool.Options.readOnlySetup(role: nil, statementTimeoutMilliseconds: 1000)))
  }

  deinit {
    pool.close()
    cluster.stop()
  }

  /// nil after a minute in vain.
  func run(_ endpoint: EndpointPlan, _ arguments: [String?]) -> Result<String, QueryFailure>? {
    let outcome = Monitor<Result<[UInt8], QueryFailure>?>(nil)
    PostgresExecutor(pool).execute(EndpointQuery(endpoint), arguments) { result in outcome.update { $0 = result } }
    return outcome.wait(timeoutMilliseconds: 60_000) { $0 }?.map { String(decoding: $0, as: UTF8.self) }
  }
}

private func endpoint(_ select: String, parameters: String = "", returns: String = "object") throws
  -> EndpointPlan
{
  try parseEndpoint(
    SourceFile(
      path: "test.sql",
      text: "-- name: GET /test\n-- summary: Test\n\(parameters)-- returns: \(returns)\n\(select);\n"))
}

@Suite(.blocking) struct PostgresExecutorTests {
  @Test("a definition's query runs with typed parameters, and what goes wrong has a name of its own")
  func queries() throws {
    let database = try Database()
    let greeting = try endpoint(
      "SELECT :name AS name, :times + 1 AS next, :flag AS flag",
      parameters: "-- param: name text ?\n-- param: times integer = 1 in 0..9\n-- param: flag boolean = true\n")
    // Twice, as the statement is prepared only once.
    for times in 1...2 {
      let text = try #require(database.run(greeting, ["O'Hara; --", "\(times)", "false"])).get()
      let json = try JSONValue(parsing: text)
      #expect(json["name"]?.stringValue == "O'Hara; --")
      #expect(json["next"]?.intValue == times + 1)
      #expect(json["flag"]?.boolValue == false)
    }
    #expect(try JSONValue(parsing: #require(database.run(greeting, [nil, "1", "true"])).get())["name"]?.isNull == true)

    #expect(database.run(try endpoint("SELECT 1 AS n WHERE false"), []) == .failure(.noResult))
    #expect(database.run(try endpoint("SELECT pg_sleep(30)::text AS n"), []) == .failure(.timeout))
    guard case .failure(.failed(let message)) = database.run(try endpoint("SELECT n FROM absent"), []) else {
      Issue.record("a missing table was not noticed")
      return
    }
    #expect(message.contains("absent"))
    // The connections are still of use.
    #expect(try #require(database.run(greeting, [nil, "1", "true"])).get().contains("next"))

    database.cluster.stop()
    #expect(database.run(greeting, [nil, "1", "true"]) == .failure(.unavailable))
  }

  @Test(
    "a text that the statement cannot cast is the client's fault; stored data that it cannot cast is not",
    arguments: [
      (":since::timestamptz::text", "yesterdayish", "it is no date or time"),
      (":since::timestamptz::text", "", "it is no date or time"),
      (":since::timestamptz::text", "2026-13-45", "it is a date or time that does not exist or is out of range"),
      (":since::integer", "12x", "it has not the form of the type that it is used as"),
      (":since::integer", "99999999999", "it is a number out of range"),
      ("now() AT TIME ZONE :since", "Nowhere/Land", "it is none of the values that are known"),
      (":since || 'stored'::text::integer", "12x", nil), ("1 / length(:since) - 1 / 0", "12x", nil),
    ] as [(String, String, String?)])
  func casts(expression: String, value: String, reason: String?) throws {
    let database = try Database()
    let cast = try endpoint("SELECT \(expression) AS n", parameters: "-- param: since text\n")
    guard case .failure(let failure) = database.run(cast, [value]) else {
      Issue.record("taken")
      return
    }
    guard let reason else {
      guard case .failed = failure else {
        Issue.record("\(failure)")
        return
      }
      return
    }
    #expect(failure == .invalidArgument(parameter: "since", reason: reason))
  }

  @Test("when no more jobs may wait, a query is refused at once")
  func overloaded() throws {
    let database = try Database(size: 1, queueLimit: 1)
    let isBlocked = Latch()
    let release = Latch()
    #expect(
      database.pool.submit { _ in
        isBlocked.open()
        _ = release.wait()
      })
    #expect(isBlocked.wait())
    #expect(database.pool.submit { _ in })
    #expect(database.run(try endpoint("SELECT 1 AS n"), []) == .failure(.overloaded))
    release.open()
  }
}
