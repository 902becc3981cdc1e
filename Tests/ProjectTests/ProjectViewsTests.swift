import Glibc
import Project
import Testing

@Suite struct ProjectViewsTests {
  private static func project(_ views: [(name: String, select: String)]) throws -> ScratchProject {
    let project = try ScratchProject()
    try #require(system("mkdir -p '\(project.folder)/sql/views'") == 0)
    for view in views {
      try project.write("sql/views/\(view.name).sql", "CREATE VIEW \(view.name) AS \(view.select);")
    }
    return project
  }

  @Test("a project has its views, each behind what it reads; endpoints that read them are not remarked on")
  func ordered() throws {
    let project = try Self.project([
      ("a", "SELECT * FROM region_heath"), ("region_heath", "SELECT * FROM region_health"),
    ])
    try project.write(
      "sql/endpoints/x.sql", "-- name: GET /api/x\n-- summary: S.\n-- returns: rows\nSELECT region FROM region_heath")
    let review = try ProjectReview(folder: project.folder)
    #expect(review.errors.isEmpty && review.remarks.isEmpty)
    #expect(try Project(review).views.map(\.name) == ["region_heath", "a"])
  }

  @Test("a view over a wrong aggregate is not checked, and neither is what reads it; others are")
  func wrongAggregate() throws {
    let project = try Self.project([
      ("a", "SELECT * FROM b"), ("b", "SELECT * FROM region_health"), ("c", "SELECT * FROM device_stats"),
    ])
    try project.write(
      "sql/aggregates/region_health.sql",
      "CREATE MATERIALIZED VIEW region_health AS\nSELECT nothing FROM content_downloads")
    let review = try ProjectReview(folder: project.folder)
    #expect(Set(review.errors.map(\.path)) == ["sql/aggregates/region_health.sql"])
    #expect(review.views.map(\.name) == ["c"])
    let unjudged = review.unjudged.map(\.description).filter { $0.hasPrefix("view") }
    #expect(unjudged == ["view b, which needs region_health", "view a, which needs region_health"])
  }

  @Test("an endpoint over a view that is wrong or not checked is not checked itself")
  func endpointOverWrongView() throws {
    let project = try Self.project([
      ("a", "SELECT * FROM b"), ("b", "SELECT * FROM content_downloads"), ("d", "SELECT FROM WHERE"),
    ])
    for name in ["a", "b", "d"] {
      try project.write(
        "sql/endpoints/over_\(name).sql",
        "-- name: GET /api/\(name)\n-- summary: S.\n-- returns: rows\nSELECT region FROM \(name)")
    }
    let review = try ProjectReview(folder: project.folder)
    #expect(Set(review.errors.map(\.path)) == ["sql/views/b.sql", "sql/views/d.sql"])
    #expect(review.views.isEmpty)
    #expect(
      review.unjudged.map(\.description) == [
        "view a, which needs b", "endpoint GET /api/a, which needs a", "endpoint GET /api/b, which needs b",
        "endpoint GET /api/d, which needs d",
      ])
  }

  @Test("a table that a view reads and nothing defines is remarked on when it is called almost like one that is")
  func misspeltTable() throws {
    let project = try Self.project([("a", "SELECT * FROM region_heath, my_own_table, b"), ("b", "SELECT 1 AS x")])
    #expect(
      try ProjectReview(folder: project.folder).remarks == [
        "sql/views/a.sql:1:32: no definition makes the table region_heath near \"region_heath\"\n"
          + "  hint: did you mean region_health?"
      ])
  }
}
