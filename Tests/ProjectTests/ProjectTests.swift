import Glibc
import Project
import Testing

/// The repository itself is the first project.
private let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/")

/// A copy of the shipped project in a folder of its own, which a test may break.
final class ScratchProject {
  let folder: String

  init() throws {
    var template = Array("/var/tmp/streampulse-project-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchError() }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard system("cp -r '\(repository)/sql' '\(repository)/schemas' '\(folder)/'") == 0 else { throw ScratchError() }
  }

  deinit {
    _ = system("rm -rf '\(folder)'")
  }

  /// Makes the folder, too.
  func write(_ path: String, _ text: String) throws {
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    _ = system("mkdir -p '\(folder)/\(parent)'")
    try write(path, bytes: Array(text.utf8))
  }

  func read(_ path: String) throws -> String {
    guard let file = fopen("\(folder)/\(path)", "r") else { throw ScratchError() }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  func write(_ path: String, bytes: [UInt8]) throws {
    guard let file = fopen("\(folder)/\(path)", "w") else { throw ScratchError() }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  /// Leaves nothing but the engine's own schema.
  func removeDefinitions() {
    _ = system("cd '\(folder)' && rm -f sql/streams/* sql/aggregates/* sql/endpoints/* sql/alerts/* schemas/*")
  }

  func remove(_ path: String) {
    unlink("\(folder)/\(path)")
  }

  func load(_ lookup: SchemaLookup = .none) throws(ProjectError) -> Project {
    try Project(folder: folder, lookup: lookup)
  }

  func loadingError() -> String? {
    do {
      _ = try Project(folder: folder)
      return nil
    } catch {
      return error.description
    }
  }
}

struct ScratchError: Error {}

@Suite struct ProjectTests {
  @Test("the shipped definitions load and fit together")
  func shipped() throws {
    let project = try Project(folder: repository)
    #expect(project.streams.map(\.plan.definition.topic) == ["content-downloads"])
    #expect(project.aggregates.map(\.name) == ["content_stats", "device_stats", "region_errors", "region_health"])
    #expect(
      project.endpoints.map(\.path.text).sorted() == [
        "/api/stats/alerts", "/api/stats/dead_letters", "/api/stats/devices", "/api/stats/predictions",
        "/api/stats/realtime",
        "/api/stats/regions", "/api/stats/timeseries", "/api/stats/trending",
      ])
    #expect(
      project.alerts.map(\.name) == [
        "CDN_FAILURE", "HIGH_ERROR_RATE", "NO_DATA", "SLOW_DOWNLOADS", "TRAFFIC_DROP", "TRAFFIC_SPIKE",
      ])
  }

  @Test("a project holds only what its user wrote")
  func ownFilesOnly() throws {
    let scratch = try ScratchProject()
    #expect(system("rm -r '\(scratch.folder)/sql/schema'") == 0)
    #expect(try Project(folder: scratch.folder).notices == [])
  }

  @Test("an old project's copy of the engine's schema is ignored with one notice; the repository's own is its source")
  func oldSchema() throws {
    let scratch = try ScratchProject()
    #expect(try Project(folder: scratch.folder).notices == [])
    try scratch.write("sql/schema/0001_engine.sql", "SELEC an older text")
    let notices = try Project(folder: scratch.folder).notices
    #expect(notices.count == 1)
    #expect(notices.first?.hasPrefix("sql/schema is not read any more") == true)
    for name in ["0001_engine", "0002_dead_letters", "0003_replay"] { scratch.remove("sql/schema/\(name).sql") }
    #expect(try Project(folder: scratch.folder).notices == notices)
  }

  @Test("errors of several files are reported together, each with its place")
  func severalErrors() throws {
    let project = try ScratchProject()
    try project.write("sql/aggregates/content_stats.sql", "CREATE MATERIALIZED VIEW a AS\nSELECT nothing FROM x")
    try project.write("sql/endpoints/regions.sql", "-- name: GET /api/stats/regions\nSELEC 1")
    let error = try #require(project.loadingError())
    #expect(error.contains("sql/aggregates/content_stats.sql:2:"))
    #expect(error.contains("sql/endpoints/regions.sql:"))
  }

  @Test("a schema that is named but missing is said with those that are there")
  func missingSchema() throws {
    let project = try ScratchProject()
    project.remove("schemas/event.avsc")
    try project.write("schemas/other.avsc", "{\"type\": \"record\", \"name\": \"r\", \"fields\": []}")
    let error = try #require(project.loadingError())
    #expect(error.contains("event.avsc"))
    #expect(error.contains("schemas/other.avsc"))
  }

  @Test("an alert on a table that no aggregate defines is refused")
  func alertWithoutAggregate() throws {
    let project = try ScratchProject()
    project.remove("sql/aggregates/region_health.sql")
    #expect(try #require(project.loadingError()).contains("region_health"))
  }

  @Test(
    "one wrong aggregate is the only error: alerts and endpoints on it and on the others are not blamed",
    arguments: [
      (
        "sql/aggregates/region_health.sql",
        "CREATE MATERIALIZED VIEW region_health AS\nSELECT nothing FROM content_downloads"
      ),
      ("sql/aggregates/region_health.sql", "-- x\ncreate materialized view \"region_health\" AS SELEC 1"),
      ("sql/aggregates/region_health.sql", "SELEC nothing at all"),
      ("sql/aggregates/content_stats.sql", "CREATE MATERIALIZED VIEW content_stats AS\nSELECT nothing FROM x"),
      ("sql/aggregates/content_stats.sql", "what is this"),
    ])
  func oneWrongAggregate(_ path: String, _ text: String) throws {
    let project = try ScratchProject()
    try project.write(path, text)
    let lines = try #require(project.loadingError()).split(separator: "\n").filter { !$0.hasPrefix("  hint:") }
    #expect(!lines.isEmpty)
    #expect(lines.allSatisfy { $0.hasPrefix(path + ":") }, "\(lines)")
  }

  @Test("what is wrong with an alert itself is said, whatever is wrong with its aggregate")
  func wrongAlertOnWrongAggregate() throws {
    let project = try ScratchProject()
    try project.write("sql/aggregates/region_health.sql", "CREATE MATERIALIZED VIEW region_health AS SELEC 1")
    try project.write(
      "sql/alerts/high_error_rate.sql",
      "-- name: A\n-- summary: S.\n-- on: region_health\n-- metric: m\n-- detector: nonsense\n-- message: M\nSELECT 1")
    let error = try #require(project.loadingError())
    #expect(error.contains("sql/alerts/high_error_rate.sql:5:"))
    #expect(!error.contains("there is no aggregate"))
  }

  @Test("without any aggregate there is none to suggest, and the hint is not empty")
  func noAggregates() throws {
    let project = try ScratchProject()
    for name in ["region_health", "region_errors", "content_stats", "device_stats"] {
      project.remove("sql/aggregates/\(name).sql")
    }
    let error = try #require(project.loadingError())
    #expect(error.contains("there is no aggregate region_health"))
    #expect(!error.contains("aggregates are"))
  }

  @Test(
    "two files cannot define one route, one alert or one aggregate",
    arguments: [
      (
        "sql/endpoints/regions.sql", "sql/endpoints/zz.sql",
        "sql/endpoints/regions.sql defines GET /api/stats/regions already"
      ),
      (
        "sql/alerts/high_error_rate.sql", "sql/alerts/zz.sql",
        "sql/alerts/high_error_rate.sql defines HIGH_ERROR_RATE already"
      ),
      (
        "sql/aggregates/device_stats.sql", "sql/aggregates/zz.sql",
        "sql/aggregates/device_stats.sql defines device_stats already"
      ),
    ])
  func conflicts(_ original: String, _ copy: String, _ message: String) throws {
    let project = try ScratchProject()
    #expect(system("cp '\(project.folder)/\(original)' '\(project.folder)/\(copy)'") == 0)
    let error = try #require(project.loadingError())
    #expect(error.hasPrefix("\(copy):"), "\(error)")
    #expect(error.contains(message), "\(error)")
  }

  @Test("a folder without streams is refused")
  func noStreams() throws {
    let project = try ScratchProject()
    project.remove("sql/streams/content_downloads.sql")
    #expect(try #require(project.loadingError()).contains("sql/streams holds no stream definition"))
  }
}
