import Postgres
import Project
import TestThreads
import Testing

@testable import ProcessingTestSupport
@testable import Storage

@Suite(.blocking) struct DeploymentsTests {
  private let connection: PostgresConnection
  private let settings: ConnectionSettings

  init() throws {
    settings = try TestCluster.makeDatabase()
    connection = try PostgresConnection(settings)
  }

  private var deployments: Deployments { Deployments(connection) }

  private func migrate() throws { _ = try Migrator(connection) { _ in }.migrate(Project(folder: repository)) }

  private func files(_ text: String) -> ProjectFiles {
    ProjectFiles(
      [
        ProjectFile(path: "sql/aggregates/a.sql", text: text), ProjectFile(path: "schemas/e.avsc", text: "{}"),
        ProjectFile(path: "sql/tests/a.sql", text: "of no account"),
      ], name: "files")
  }

  @Test("a database that was not migrated, or in which nothing was put in force, has no version")
  func none() throws {
    #expect(try deployments.current() == nil)
    try migrate()
    #expect(try deployments.current() == nil)
    #expect(try !deployments.isFormer(files("a")))
  }

  @Test("what was put in force last is, with its texts; the same again changes nothing")
  func put() throws {
    try migrate()
    let first = try deployments.put(files("a"))
    let second = try deployments.put(files("b"))
    #expect(second.number > first.number)
    #expect(try deployments.put(files("b")) == second)
    #expect(try deployments.current() == second)
    #expect(try deployments.files(of: second.number)?.deployed == files("b").deployed)
    #expect(try deployments.files(of: first.number)?.deployed.map(\.text) == ["{}", "a"])
    #expect(try deployments.files(of: 0)?.deployed == nil)
  }

  @Test("files that have been in force are told from those that never were, and from those that are again")
  func former() throws {
    try migrate()
    try deployments.put(files("a"))
    try deployments.put(files("b"))
    #expect(try deployments.isFormer(files("a")))
    #expect(try !deployments.isFormer(files("b")))
    #expect(try !deployments.isFormer(files("c")))
    try deployments.put(files("a"))
    #expect(try deployments.isFormer(files("b")) && !deployments.isFormer(files("a")))
  }

  @Test("listeners hear the version when it is committed, and nothing of what is rolled back")
  func announced() throws {
    try migrate()
    let listener = try PostgresConnection(settings)
    defer { listener.close() }
    try listener.execute("LISTEN \"\(Announcement.definitionsChannel(for: listener))\"")
    try connection.execute("BEGIN")
    try deployments.put(files("a"))
    try connection.execute("ROLLBACK")
    let version = try connection.transaction { try deployments.put(files("b")) }
    let heard = try listener.waitForNotification(timeoutMilliseconds: 60_000)
    #expect(heard.map(\.payload) == ["\(version.number)"])
  }

  @Test("only the latest hundred are kept")
  func bounded() throws {
    try migrate()
    for number in 1...103 { try deployments.put(files("\(number)")) }
    let kept = try connection.query("SELECT count(*), max(version) - min(version) FROM pulse.deployments")
    #expect([kept[0, 0], kept[0, 1]] == ["100", "99"])
  }
}
