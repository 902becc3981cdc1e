import Dialects
import HTTPTestClient
import Plan
import SQLFrontend
import Testing

@testable import StatsAPI

/// Which changes make which statements run again.
@Suite struct ReadTablesTests {
  private static func endpoint(_ name: String, _ select: String, meta: String? = nil) throws -> EndpointPlan {
    let lines = [
      "-- name: GET /api/\(name)", "-- summary: A test", "-- returns: rows", meta.map { "-- meta: total = \($0)" },
      select,
    ]
    return try parseEndpoint(
      SourceFile(path: "sql/endpoints/\(name).sql", text: lines.compactMap { $0 }.joined(separator: "\n")))
  }

  private static func view(_ name: String, reads: [String], others: Bool = false) -> Relation {
    var plan = ViewPlan(name: name, comment: "", columnComments: [], reads: reads, select: FileText())
    plan.readsOtherSchemas = others
    return Relation(plan, columns: [], aggregates: [])
  }

  @Test(
    "what an endpoint reads is told from its text, by way of views, and where it cannot be told any change counts",
    arguments: [
      ("SELECT 1 AS one", nil, []),
      ("SELECT * FROM alerts", nil, ["alerts"]),
      ("SELECT * FROM dead_letters JOIN event_log USING (topic)", nil, ["dead_letters", "event_log"]),
      ("WITH alerts AS (SELECT 1) SELECT * FROM alerts", nil, []),
      ("SELECT 1 AS one", "(SELECT count(*) FROM alerts)", ["alerts"]),
      ("SELECT * FROM open_alerts", nil, ["alerts"]),
      ("SELECT * FROM both_kinds", nil, ["alerts", "dead_letters"]),
      ("SELECT * FROM a_circle", nil, ["alerts"]),
      ("SELECT * FROM a_table_of_somebody", nil, nil),
      ("SELECT * FROM over_somebody", nil, nil),
      ("SELECT * FROM over_books", nil, nil),
      ("SELECT * FROM pulse.progress", nil, nil),
      ("SELECT (SELECT max(id) FROM public.alerts) AS newest", nil, nil),
    ] as [(String, String?, [String]?)])
  func tables(select: String, meta: String?, expected: [String]?) throws {
    let tables = ReadTables([
      Self.view("open_alerts", reads: ["alerts"]), Self.view("both_kinds", reads: ["open_alerts", "dead_letters"]),
      Self.view("over_somebody", reads: ["alerts", "a_table_of_somebody"]),
      Self.view("a_circle", reads: ["a_circle", "alerts"]),
      Self.view("over_books", reads: [], others: true),
    ])
    let route = DataRoute(try Self.endpoint("test", select, meta: meta))
    #expect(tables.tables(of: route) == expected.map { Set($0) })
  }

  @Test("a change makes only those statements run again that read what has changed")
  func selective() throws {
    let endpoints = [
      try Self.endpoint("alerts", "SELECT * FROM alerts"), try Self.endpoint("letters", "SELECT * FROM dead_letters"),
      try Self.endpoint("unknown", "SELECT * FROM somebody"),
    ]
    let fixture = try Fixture(result: "0", endpoints: endpoints, relations: [])
    let clients = try endpoints.map { endpoint in
      let client = try fixture.client()
      client.request(endpoint.path.text, headers: ["Accept": "text/event-stream"])
      _ = try client.head()
      _ = try client.chunks(through: "data: 0\n\n")
      return client
    }
    fixture.setResult("1")
    // What the streams' beginnings have asked for may see the new result, too.
    fixture.dataVersion.notify()
    for client in clients { _ = try client.chunks(through: "data: 1\n\n") }
    fixture.setResult("2")
    fixture.dataVersion.notify(TableChanges(tables: ["alerts"]))
    for index in [0, 2] { _ = try clients[index].chunks(through: "data: 2\n\n") }
    fixture.setResult("3")
    fixture.dataVersion.notify(TableChanges(tables: ["dead_letters"]))
    // The second one has never seen a 2: nothing of what it reads had changed.
    #expect(try clients[1].chunks(through: "\n\n").hasSuffix("data: 3\n\n"))
    _ = try clients[2].chunks(through: "data: 3\n\n")
    fixture.setResult("4")
    fixture.dataVersion.notify(TableChanges(tables: ["alerts"]))
    #expect(try clients[0].chunks(through: "\n\n").hasSuffix("data: 4\n\n"))
    _ = try clients[2].chunks(through: "data: 4\n\n")
    // What is not known to read anything that changes is asked once a change, and not for ever.
    let asked = fixture.queryCount
    fixture.dataVersion.notify(TableChanges(tables: []))
    fixture.setResult("5")
    fixture.dataVersion.notify(TableChanges(tables: []))
    _ = try clients[2].chunks(through: "data: 5\n\n")
    #expect(fixture.queryCount - asked <= 3)
  }
}
