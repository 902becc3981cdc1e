import ChildProcess
import Glibc
import HTTPServer
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

  @Test("times, lengths, UUIDs and lists reach the database as they were given, whatever they hold")
  func types() throws {
    let database = try Database()
    let names = ["at", "length", "id", "texts", "times", "ratio"]
    let typed = try endpoint(
      "SELECT extract(epoch FROM :at)::bigint AS at, extract(epoch FROM :length)::integer AS length, :id AS id, "
        + ":texts AS texts, cardinality(:times) AS times, :ratio AS ratio",
      parameters: zip(
        names, ["timestamptz", "interval", "uuid", "text[]", "timestamptz[]", "double"]
      ).map { "-- param: \($0) \($1)\n" }.joined())
    let texts = ["NULL", "", "a,b", "\"", "\\", "{}", "'; DROP TABLE alerts --", "é"]
    let query = zip(
      names.filter { $0 != "texts" && $0 != "times" },
      ["2026-01-31T13:00:00+01:00", "90 minutes", "{7D9F1C9E6A434F0E9F3B2F5B6F0C8A11}", "-1e300"]
    ).map { QueryItem(name: $0, value: $1) }
    let arguments = try typed.arguments(
      for: query + texts.map { QueryItem(name: "texts", value: $0) }
        + ["-15m", "2026-01-01"].map { QueryItem(name: "times", value: $0) })
    let bound = zip(typed.parameters, arguments).map { parameter, text in
      text.map { parameter.bound($0, at: 1_800_000_000_000_000) }
    }
    let json = try JSONValue(parsing: #require(database.run(typed, bound)).get())
    #expect(json["at"]?.intValue == 1_769_860_800)
    #expect(json["length"]?.intValue == 5400)
    #expect(json["id"]?.stringValue == "7d9f1c9e-6a43-4f0e-9f3b-2f5b6f0c8a11")
    #expect(json["texts"]?.arrayValue?.map(\.stringValue) == texts)
    #expect(json["times"]?.intValue == 2)
    #expect(json["ratio"]?.doubleValue == -1e300)

    // A text that the statement casts: what cannot be read is the client's.
    let cast = try endpoint("SELECT cardinality(:ids::integer[]) AS n", parameters: "-- param: ids text[]\n")
    let failure = try #require(database.run(cast, ["{\"1\",\"x\"}"]))
    let reason = "it has not the form of the type that it is used as"
    #expect(failure == .failure(.invalidArgument(parameter: "ids", reason: reason)))
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
