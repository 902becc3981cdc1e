import Dialects
import Events
import Plan
import SQLFrontend
import Testing

/// The definitions that the project ships are the first users of the language.
@Suite struct ShippedDefinitionsTests {
  static func files(_ folder: String) -> [SourceFile] {
    Files.definitions(in: Files.repository + "/sql/" + folder)
  }

  @Test("every stream is read, with its options in microseconds")
  func streams() throws {
    let file = try #require(Self.files("streams").first { $0.path == "content_downloads.sql" })
    let stream = try parseStream(file).definition
    #expect(stream.name == "content_downloads")
    #expect(stream.topic == "content-downloads")
    #expect(stream.schema == .file("event.avsc"))
    #expect(stream.eventTime == ["timestamp"])
    #expect(stream.outOfOrdernessMicroseconds == 5_000_000)
    #expect(stream.idleTimeoutMicroseconds == 10_000_000)
    #expect(stream.maxAheadMicroseconds == 86_400_000_000)
    #expect(stream.deadLetterTopic == "content-downloads-dlq")
    #expect(stream.framing == .automatic)
  }

  @Test("the aggregates share their columns, event time first, and nothing else is decoded")
  func columns() throws {
    let stream = try plan(Self.files("aggregates"))
    #expect(stream.aggregates.map(\.name) == ["content_stats", "device_stats", "region_errors", "region_health"])
    #expect(stream.columns[stream.eventTimeColumn].path == ["timestamp"])
    #expect(
      Set(stream.columns.map { $0.path.joined(separator: ".") }) == [
        "timestamp", "content.content_id", "content.title", "content.size_gb", "user.region", "user.device_type",
        "user.os_version", "download.status", "download.duration_seconds", "download.speed_mbps", "download.error_code",
      ])
    #expect(Set(stream.columns).count == stream.columns.count)
  }

  @Test("region_health is planned as its file says")
  func regionHealth() throws {
    let stream = try plan(Self.files("aggregates"))
    let plan = try #require(stream.aggregates.first { $0.name == "region_health" })
    #expect(plan.window == .tumble(sizeMicroseconds: 60_000_000))
    #expect(plan.filter == nil)
    #expect(plan.retentionMicroseconds == 604_800_000_000)
    #expect(plan.latePolicy == .revise)
    #expect(plan.keys.map(\.name) == ["region"])
    #expect(plan.keys[0].comment == "Country and region, e.g. US-California.")
    #expect(plan.comment.hasPrefix("Health of downloads per region and minute"))
    #expect(plan.select.text.hasPrefix("SELECT \"user\".region,"))
    #expect(plan.select.text.hasSuffix("INTERVAL '1 minute'), \"user\".region"))
    #expect(
      plan.outputs.map(\.name) == [
        "region", "total_downloads", "successful_downloads", "failed_downloads", "cancelled_downloads", "success_rate",
        "avg_speed_mbps", "avg_duration_seconds", "total_size_gb",
      ])
    #expect(plan.outputs[5].comment == "Share of attempts that succeeded, 0 to 1.")
    // cancelled_downloads and success_rate need nothing that is not stored already, and the averages' counts are those of the downloads.
    #expect(
      plan.accumulators.map(\.column) == [
        "total_downloads", "successful_downloads", "failed_downloads", "total_size_gb", "avg_speed_mbps_sum",
        "avg_duration_seconds_sum",
      ])
  }

  @Test("the tables and upserts of the aggregates are those of the expected files")
  func tables() throws {
    let stream = try plan(Self.files("aggregates"))
    for aggregate in stream.aggregates {
      let table = ResultTable(aggregate)
      let text =
        table.createStatements.map { $0 + ";\n" }.joined() + "\n" + table.upsertStatement + ";\n\n"
        + table.expireStatement + ";\n"
      #expect(Golden.matches(text, "\(aggregate.name).sql"), "\(aggregate.name)")
    }
  }

  @Test("every endpoint is read, and its statement is that of the expected file", arguments: files("endpoints"))
  func endpoints(_ file: SourceFile) throws {
    let endpoint = try parseEndpoint(file)
    #expect(endpoint.path.text == "/api/stats/" + file.path.dropLast(4))
    #expect(Golden.matches(endpoint.statement.text + ";\n", "endpoint_\(file.path)"))
  }

  @Test("the API has the endpoints that its clients expect")
  func allEndpoints() {
    #expect(
      Self.files("endpoints").map(\.path) == [
        "alerts.sql", "dead_letters.sql", "devices.sql", "predictions.sql", "realtime.sql", "regions.sql",
        "timeseries.sql",
        "trending.sql",
      ])
  }

  @Test("every alert is read, watches a shipped aggregate, and its statement is that of the expected file")
  func alerts() throws {
    let aggregates = try plan(Self.files("aggregates")).aggregates
    let files = Self.files("alerts")
    #expect(!files.isEmpty)
    for file in files {
      let alert = try parseAlert(file, aggregates: aggregates)
      if alert.name == "HIGH_ERROR_RATE" { #expect(alert.minimumSamples == 5) }
      #expect(Golden.matches(alert.statement.text + ";\n", "alert_\(file.path)"))
    }
  }
}
