import ChildProcess
import Events
import Formats
import Project
import Testing

@testable import CrashTest

private let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/")

@Suite struct LoadTests {
  private let test: TestProject

  init() throws {
    let scratch = try #require(ScratchFolder(prefix: "streampulse-test", environment: [:]))
    defer { scratch.remove() }
    test = try TestProject(copying: repository, of: Project(folder: repository), to: scratch.path + "/project")
  }

  /// 2026-01-31T23:59:59.250Z.
  private static let now: Int64 = 1_769_903_999_250

  @Test("the copy has the project's streams and the test's own: three formats, and two streams of one topic")
  func streams() {
    let definitions = test.project.streams.map(\.plan.definition)
    #expect(Set(definitions.map(\.format)) == [.avro, .json, .csv])
    #expect(definitions.count == 4 && Set(definitions.map(\.topic)).count == 3)
    #expect(Set(test.loads.flatMap(\.streams)) == Set(definitions.map(\.name)))
    #expect(test.silent == [])
    #expect(test.project.streams.allSatisfy { !$0.plan.aggregates.isEmpty })
  }

  @Test("streams that it knows no events for are left alone, with the test's own beside them")
  func otherProjects() throws {
    let scratch = try #require(ScratchFolder(prefix: "streampulse-test", environment: [:]))
    defer { scratch.remove() }
    let folder = scratch.path + "/own"
    let copied = try ChildProcess.run(
      Launch(
        executable: "/bin/sh",
        arguments: [
          "-c",
          """
          mkdir -p "$1/sql/streams" "$1/sql/aggregates" && cd "$1/sql" &&
          echo "CREATE FOREIGN TABLE rides (at timestamptz) SERVER kafka
                OPTIONS (topic 'rides', format 'json', event_time 'at');" > streams/rides.sql &&
          echo "CREATE MATERIALIZED VIEW ride_counts AS SELECT count(*) AS rides FROM rides
                GROUP BY tumble(at, INTERVAL '1 minute');" > aggregates/ride_counts.sql
          """, "sh", folder,
        ]), timeoutMilliseconds: 10_000)
    #expect(copied.status.isSuccess, "\(copied.output)")
    let test = try TestProject(copying: folder, of: Project(folder: folder), to: scratch.path + "/project")
    #expect(test.silent == ["rides"])
    #expect(test.loads.map(\.name) == ["trips", "requests"])
  }

  @Test("every record is an event of each of its streams, and every spoilt one is none")
  func records() throws {
    for load in test.loads {
      let synthesizer = try load.makeSynthesizer(seed: 7)
      let good = try (0..<1_000).map { try synthesizer.record($0, milliseconds: Self.now) }
      let spoilt = try (0..<40).map { try synthesizer.malformed($0, turn: $0, milliseconds: Self.now) }
      for stream in load.streams {
        let failures = try failures(of: good, in: stream)
        #expect(failures.isEmpty, "\(stream): \(failures)")
        let refused = Set(try self.failures(of: spoilt, in: stream).map(\.row))
        for (row, record) in spoilt.enumerated() {
          #expect(refused.contains(row), "\(stream) takes a record with \(record.fault ?? "no fault")")
        }
      }
    }
  }

  private func failures(of records: [LoadRecord], in stream: String) throws -> [EventFailure] {
    let stream = try #require(test.project.stream(named: stream))
    let batch = EventBatch(specs: stream.plan.columns, capacity: records.count)
    let decoder = try stream.makeDecoder()
    let payloads = RecordBatch(copying: records.map(\.value))
    decoder.decode(payloads, into: batch)
    return batch.failures
  }

  @Test("the same seed makes the same records, another one others")
  func isDeterministic() throws {
    for load in test.loads {
      func values(_ seed: UInt64) throws -> [[UInt8]?] {
        let synthesizer = try load.makeSynthesizer(seed: seed)
        return try (0..<50).map { try synthesizer.record($0, milliseconds: Self.now).value }
      }
      #expect(try values(3) == values(3))
      #expect(try values(3) != values(4))
    }
  }

  @Test(
    "times are written as the calendar has them",
    arguments: [
      (0, "1970-01-01 00:00:00.000"), (now, "2026-01-31 23:59:59.250"), (951_782_400_000, "2000-02-29 00:00:00.000"),
      (1_709_251_199_999, "2024-02-29 23:59:59.999"), (1_798_761_600_000, "2027-01-01 00:00:00.000"),
    ])
  func times(milliseconds: Int64, text: String) {
    #expect(TimeText.timestamp(milliseconds: milliseconds, separator: " ") == text)
  }

  @Test("a row for COPY keeps what would end a column or the row, and tells NULL from its letters")
  func copyLines() {
    let line = String(decoding: CopyFile.line(["a\tb", nil, "c\\N", "d\ne"]), as: UTF8.self)
    #expect(line == "a\\\tb\t\\N\tc\\\\N\td\\\ne\n")
  }
}
