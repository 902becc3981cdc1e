import FlinkDialect
import Project
import Testing

/// The repository itself is the first project.
let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

extension FlinkExport {
  init(_ project: Project, without: Set<String> = []) throws {
    try self.init(
      project.streams.map { Stream(plan: $0.plan, layout: $0.layout) }, project: "test", without: without)
  }

  func text(_ path: String) -> String { files.first { $0.path == path }?.text ?? "" }

  /// Without line breaks and indentation.
  func line(_ path: String) -> String {
    text(path).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

@Suite struct ExportTests {
  @Test(
    "the shipped projects are exported: as many sinks and INSERTs as aggregates, and no setting that nobody puts in",
    arguments: [
      ("", ["region_errors"], ["content_stats", "device_stats", "region_health"]),
      ("/projects/trips", [], ["city_trips_flink", "region_trips_flink"]),
      ("/projects/donations", [], ["stream_minutes_flink"]),
      ("/projects/metrics", ["bursts", "series_minutes"], ["series_five_minutes_state"]),
      ("/projects/access-log", ["traffic"], ["site_minutes", "visits"]),
    ])
  func projects(_ folder: String, _ without: [String], _ tables: [String]) throws {
    let export = try FlinkExport(Project(folder: repository + folder), without: Set(without))
    let sinks = export.text("20_sinks.sql")
    let statements = export.text("30_statements.sql")
    for table in tables { #expect(sinks.contains("'table-name' = '\(table)'")) }
    // Of JSON also what cannot be read.
    let others = folder.isEmpty ? 0 : 1
    #expect(sinks.split(separator: "CREATE TEMPORARY TABLE").count == tables.count + others + 1)
    #expect(statements.split(separator: "INSERT INTO").count == tables.count + others + 1)
    #expect(statements.contains("IS NOT JSON OBJECT") == (others > 0))
    #expect(export.files.contains { $0.path == "postgres.sql" } == tables.contains { $0.hasSuffix("_flink") })
    let submit = export.text("submit.sh")
    for file in export.files where file.path.hasSuffix(".sql") {
      for piece in file.text.split(separator: "${").dropFirst() {
        let name = piece.prefix { $0 != "}" }
        #expect(submit.contains("${\(name)}"), "\(file.path): \(name)")
      }
    }
    for name in without { #expect(export.text("README.md").contains(name)) }
  }

  @Test("every statement ends, and quotes and parentheses are in pairs")
  func pairs() throws {
    for folder in ["", "/projects/trips", "/projects/donations"] {
      let without: Set = folder.isEmpty ? ["region_errors"] : []
      let export = try FlinkExport(Project(folder: repository + folder), without: without)
      for file in export.files where file.path.hasSuffix(".sql") {
        var depth = 0
        var isQuoted = false
        for line in file.text.split(separator: "\n") where !line.hasPrefix("--") {
          for character in line {
            if character == "'" { isQuoted.toggle() }
            if !isQuoted { depth += character == "(" ? 1 : character == ")" ? -1 : 0 }
            #expect(depth >= 0)
          }
        }
        #expect(depth == 0 && !isQuoted, "\(folder)/\(file.path)")
        #expect(file.text.split(separator: "\n").last?.hasSuffix(";") == true)
      }
    }
  }

  @Test("Avro's columns are all of the schema in its order; the topic's watermark and silence are the stream's")
  func avro() throws {
    let sources = try FlinkExport(Project(folder: repository), without: ["region_errors"]).line("10_sources.sql")
    for part in [
      "`event_id` STRING NOT NULL, `timestamp` TIMESTAMP_LTZ(3) NOT NULL, `content` ROW<`content_id` STRING NOT NULL,",
      "`error_code` STRING> NOT NULL,", "'avro.timestamp_mapping.legacy' = 'false'",
      "WATERMARK FOR `event time` AS LEAST(`event time`, CURRENT_ROW_TIMESTAMP() + INTERVAL '1' MINUTE) - INTERVAL '5' SECOND",
      "'scan.watermark.idle-timeout' = '10000 ms'", "`content`.`content_id` AS `content.content_id`",
      "`event time` <= CURRENT_ROW_TIMESTAMP() + INTERVAL '1' DAY",
    ] {
      #expect(sources.contains(part), "\(part)\n\(sources)")
    }
  }

  @Test("stored parts are filled: sums and counts, not the columns that Postgres computes")
  func parts() throws {
    let export = try FlinkExport(Project(folder: repository), without: ["region_errors"])
    let statements = export.line("30_statements.sql")
    for part in [
      "INSERT INTO `region_health` (`window_start`, `window_end`, `region`, `total_downloads`, `successful_downloads`, `failed_downloads`, `total_size_gb`, `avg_speed_mbps_sum`, `avg_duration_seconds_sum`, `updated_at`)",
      "COUNT(*) FILTER (WHERE (`download.status` = 'success'))",
      "SUM(CAST(`download.speed_mbps` AS DOUBLE)) FILTER (WHERE (`download.status` = 'success'))",
      "FROM TABLE(TUMBLE(TABLE `region_health_rows`, DESCRIPTOR(`event time`), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, `key region`",
      "MAX(`content.title`)",
    ] {
      #expect(statements.contains(part), "\(part)\n\(statements)")
    }
    #expect(!statements.contains("`success_rate`"))
    #expect(export.line("20_sinks.sql").contains("PRIMARY KEY (`window_start`, `region`) NOT ENFORCED"))
  }

  @Test("sketches: Flink's own functions into a table that the view reads in front of its own")
  func sketches() throws {
    let export = try FlinkExport(Project(folder: repository + "/projects/trips"))
    let statements = export.line("30_statements.sql")
    #expect(statements.contains("PERCENTILE(CAST(`fare` AS DOUBLE), 0.95)"))
    #expect(statements.contains("COUNT(DISTINCT `region_id`)"))
    let postgres = export.text("postgres.sql")
    #expect(postgres.contains("CREATE TABLE region_trips_flink ("))
    #expect(postgres.contains("p95_fare double precision"))
    #expect(postgres.contains("avg_fare numeric GENERATED ALWAYS AS"))
    #expect(postgres.contains("CREATE OR REPLACE VIEW region_trips AS"))
    #expect(export.remarks.contains { $0.contains("PERCENTILE is exact") })
    let back = export.line("postgres-back.sql")
    #expect(back.contains("FROM region_trips_state; DROP TABLE region_trips_flink;"))
    #expect(export.text("README.md").contains("postgres-back.sql"))
  }

  @Test("last goes by event time, the greatest of several of one time")
  func last() throws {
    let statements = try FlinkExport(Project(folder: repository + "/projects/donations")).line("30_statements.sql")
    #expect(
      statements.contains("CAST(MOD(MAX(CAST(CAST(DATE_FORMAT(`event time`, 'yyyyMMddHHmmssSSS') AS DECIMAL(38, 0))"))
    #expect(statements.contains("COUNT(DISTINCT `user_id`)"))
  }
}
