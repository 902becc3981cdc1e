import Project
import Testing

@Suite struct ProjectReviewTests {
  private static func review(_ project: ScratchProject) throws -> ProjectReview {
    try ProjectReview(folder: project.folder)
  }

  @Test("what builds on a wrong aggregate is not checked, and everything else is")
  func wrongAggregate() throws {
    let project = try ScratchProject()
    try project.write(
      "sql/aggregates/region_health.sql",
      "CREATE MATERIALIZED VIEW region_health AS\nSELECT nothing FROM content_downloads")
    let review = try Self.review(project)
    #expect(Set(review.errors.map(\.path)) == ["sql/aggregates/region_health.sql"])
    #expect(
      review.streams.flatMap(\.plan.aggregates).map(\.name) == ["content_stats", "device_stats", "region_errors"])
    let unjudged = review.unjudged.map(\.description)
    #expect(unjudged.contains("alert HIGH_ERROR_RATE, which needs region_health"))
    #expect(unjudged.contains("endpoint GET /api/stats/regions, which needs region_health"))
    #expect(review.endpoints.map(\.path.text).contains("/api/stats/devices"))
    #expect(review.endpoints.count + unjudged.count { $0.hasPrefix("endpoint") } == 8)
    #expect(review.alerts.map(\.name) == ["CDN_FAILURE"])
  }

  @Test("what builds on a wrong stream is not checked, through its aggregates too")
  func wrongStream() throws {
    let project = try ScratchProject()
    try project.write(
      "sql/streams/content_downloads.sql",
      "CREATE FOREIGN TABLE content_downloads () SERVER kafka OPTIONS (topic 'content downloads', format 'avro');")
    let review = try Self.review(project)
    #expect(Set(review.errors.map(\.path)) == ["sql/streams/content_downloads.sql"])
    #expect(review.streams.isEmpty)
    let unjudged = review.unjudged.map(\.description)
    for name in ["content_stats", "device_stats", "region_errors", "region_health"] {
      #expect(unjudged.contains("aggregate \(name), which needs content_downloads"), "\(unjudged)")
    }
    #expect(unjudged.contains("alert HIGH_ERROR_RATE, which needs region_health"))
    // Alerts and progress are the engine's own tables.
    #expect(
      review.endpoints.map(\.path.text) == ["/api/stats/alerts", "/api/stats/dead_letters", "/api/stats/predictions"])
  }

  @Test("a file that cannot be read keeps none of the others from being judged")
  func unreadable() throws {
    let project = try ScratchProject()
    try project.write("sql/aggregates/region_health.sql", bytes: [0xff, 0xfe, 0x43, 0, 0x52, 0])
    try project.write("sql/endpoints/devices.sql", bytes: Array("-- name: GET /x".utf8) + [10, 0xc3])
    let review = try Self.review(project)
    #expect(
      review.errors.map(\.description) == [
        "sql/aggregates/region_health.sql: this is UTF-16 text; save it as UTF-8",
        "sql/endpoints/devices.sql:2:1: not UTF-8 text; save the file as UTF-8",
      ])
    #expect(review.unjudged.map(\.description).contains("alert HIGH_ERROR_RATE, which needs region_health"))
    #expect(
      review.streams.flatMap(\.plan.aggregates).map(\.name) == ["content_stats", "device_stats", "region_errors"])
    try project.write("sql/streams/content_downloads.sql", bytes: [0xff, 0xfe, 0x43, 0])
    let all = try Self.review(project)
    #expect(all.errors.count == 3)
    #expect(all.unjudged.map(\.name).contains("content_stats"))
  }

  @Test("a right project has nothing that is not checked, and no remark")
  func shipped() throws {
    let review = try Self.review(ScratchProject())
    #expect(review.errors.isEmpty && review.unjudged.isEmpty && review.remarks.isEmpty)
  }

  @Test("a table that an endpoint reads and nothing defines is remarked on when it is called almost like one that is")
  func misspeltTable() throws {
    let project = try ScratchProject()
    try project.write(
      "sql/endpoints/devices.sql",
      "-- name: GET /api/x\n-- summary: S.\n-- returns: rows\nWITH region_heath AS (SELECT 1)\nSELECT 2 AS a FROM device_stat, region_heath, my_own_table"
    )
    let review = try Self.review(project)
    #expect(review.errors.isEmpty)
    #expect(
      review.remarks == [
        "sql/endpoints/devices.sql:5:20: no definition makes the table device_stat near \"device_stat\"\n  hint: did you mean device_stats?"
      ])
  }

  @Test(
    "words that only a few values are for are suggested, too",
    arguments: [
      ("sql/streams/content_downloads.sql", "format 'avro'", "format 'arvo'", "did you mean 'avro'?"),
      ("sql/alerts/high_error_rate.sql", "detector: threshold", "detector: treshold", "did you mean threshold?"),
      ("sql/alerts/high_error_rate.sql", "CRITICAL 0.15", "CRITCAL 0.15", "did you mean CRITICAL?"),
      ("sql/endpoints/regions.sql", "minutes integer", "minutes interger", "did you mean integer?"),
      ("sql/aggregates/region_health.sql", "retention = '7 days'", "retension = '7 days'", "did you mean retention?"),
      ("sql/aggregates/region_health.sql", "FROM content_downloads", "FROM content_download", "content_downloads"),
      ("sql/aggregates/region_health.sql", "retention = '7 days'", "late = 'dorp'", "did you mean 'drop'?"),
    ])
  func suggestions(_ path: String, _ old: String, _ new: String, _ hint: String) throws {
    let project = try ScratchProject()
    try project.write(path, try project.read(path).replacing(old, with: new))
    let error = try #require(project.loadingError())
    #expect(error.contains(hint), "\(error)")
  }
}
