import Postgres
import Testing

@Suite struct ConnectionSettingsTests {
  static let secret = "hunter2"

  @Test("a URL is understood, and shown without its password")
  func url() throws {
    let settings = try ConnectionSettings(url: "postgresql://me:hunter2%40@db.example:5433/data?application_name=x")
    #expect(settings.host == "db.example" && settings.port == 5433 && settings.database == "data")
    #expect(settings.user == "me")
    #expect(settings.description == "postgresql://me:********@db.example:5433/data")
    #expect(settings.urlWithPassword == "postgresql://me:hunter2%40@db.example:5433/data")
  }

  @Test("no way of printing settings shows the password")
  func printing() throws {
    let settings = ConnectionSettings(host: "h", port: 1, database: "d", user: "u", password: Self.secret)
    var dumped = ""
    dump(settings, to: &dumped)
    for text in [dumped, "\(settings)", String(reflecting: settings), "\([settings])"] {
      #expect(!text.contains(Self.secret) && text.contains("postgresql://u:********@h:1/d"))
    }
  }

  @Test("the URL with the password leads back to the same settings", arguments: ["a b/c?d#e@f:g%", "漢", "", "::1"])
  func roundTrip(text: String) throws {
    let settings = ConnectionSettings(
      host: "::1", port: 5432, database: "d\(text)", user: "u\(text)", password: "p\(text)")
    let again = try ConnectionSettings(url: settings.urlWithPassword)
    #expect(again.urlWithPassword == settings.urlWithPassword)
    #expect(again.user == "u\(text)" && again.database == "d\(text)" && again.host == "::1")
  }

  @Test(
    "a URL that cannot be understood is refused without repeating the password",
    arguments: [
      "postgresql://u:hunter2%zz@h/d", "postgresql://u:x@hunter2@h/d", "postgresql://u:1/hunter2@h/d",
      "postgresql://u:hunter2/x@h/d", "postgresql://u:a?b@hunter2@h/d",
      "mysql://u:hunter2@h/d", "postgresql://h:hunter2/d", "host=h password=hunter2", "postgresql://u:hunter2@h/d?x=y",
    ])
  func refusedURL(url: String) {
    let error = #expect(throws: PostgresError.self) { try ConnectionSettings(url: url) }
    #expect(error.map { "\($0)\(String(reflecting: $0))".contains(Self.secret) } == false)
    #expect(error?.isRetryable == false)
  }

  @Test("a wrong password is refused by the server, is not retryable, and is not shown")
  func wrongPassword() throws {
    let settings = try TestCluster.settings().with("password", Self.secret)
    let error = #expect(throws: PostgresError.self) { try PostgresConnection(settings) }
    #expect(error?.sqlstate == "28P01" && error?.isRetryable == false)
    #expect(error.map { String(reflecting: $0).contains(Self.secret) } == false)
  }

  @Test("an unknown database is refused by the server")
  func unknownDatabase() throws {
    let settings = try TestCluster.settings().with("dbname", "nonexistent")
    let error = #expect(throws: PostgresError.self) { try PostgresConnection(settings) }
    #expect(error?.sqlstate == "3D000")
  }

  @Test("nobody listening is a connection error that can be retried")
  func refused() {
    let settings = ConnectionSettings(host: "127.0.0.1", port: 1, database: "d", user: "u", password: Self.secret)
    let error = #expect(throws: PostgresError.self) { try PostgresConnection(settings) }
    guard case .connection(let message)? = error?.kind else {
      Issue.record("not a connection error: \(String(describing: error))")
      return
    }
    #expect(message.contains("refused") && !message.contains(Self.secret) && error?.isRetryable == true)
  }

  @Test("the application's name and other keywords reach the server")
  func keywords() throws {
    let settings = try TestCluster.settings().with("application_name", "tester").with(
      "options", "-c timezone=Asia/Tokyo")
    let connection = try PostgresConnection(settings)
    #expect(try connection.query("SHOW application_name")[0, 0] == "tester")
    #expect(try connection.query("SHOW timezone")[0, 0] == "Asia/Tokyo")
  }
}
