import Downloads
import EventEncoding
import Events
import SQLQuoting
import Synthesis
import Threads

/// Downloads in Avro, of the streams of the project itself that read them; libavro reads them again.
struct DownloadLoad: TopicLoad {
  let name: String
  let topic: String
  let streams: [String]
  let schemaJSON: String
  let share = 2
  let malformedInterval = 1_500

  /// Whether a schema is one that downloads fit.
  static func fits(_ schemaJSON: String) -> Bool {
    guard let synthesizer = try? DownloadRecords(schemaJSON, seed: 0),
      let value = try? synthesizer.record(0, milliseconds: 0).value,
      let reader = try? ReferenceReader(schemaJSON: schemaJSON)
    else { return false }
    return reader.read(value) != nil
  }

  func makeSynthesizer(seed: UInt64) throws -> any RecordSynthesizer { try DownloadRecords(schemaJSON, seed: seed) }

  func makeTranscription() throws -> Transcription {
    let reader = try ReferenceReader(schemaJSON: schemaJSON)
    return { partition, offset, payload in
      reader.read(UnsafeRawBufferPointer(payload)).map {
        CopyFile.line([String(partition), String(offset)] + $0.columns)
      }
    }
  }

  let columns = ShippedProject.columns
  let copyOptions = ""

  func source(from table: String, as stream: String) -> String {
    ShippedProject.source(from: table, as: quotedIdentifier(stream))
  }

  /// A stream of the test's own that reads the same topic, with an aggregate: two streams of one topic have to count
  /// every record, each for itself.
  static func secondStream(of topic: String, schemaFile: String) -> [ProjectFile] {
    [
      ProjectFile(
        path: "sql/streams/\(secondStreamName).sql",
        text: """
          -- Downloads once more.
          CREATE FOREIGN TABLE \(secondStreamName) () SERVER kafka OPTIONS (
            topic \(quotedLiteral(topic)), format 'avro', schema \(quotedLiteral(schemaFile)), event_time 'timestamp');

          """),
      ProjectFile(
        path: "sql/aggregates/crashtest_devices.sql",
        text: """
          -- Downloads per kind of device and end.
          CREATE MATERIALIZED VIEW crashtest_devices AS
          SELECT "user".device_type,
                 download.status,
                 count(*) AS downloads,
                 sum(content.size_gb) AS total_size_gb
          FROM \(secondStreamName)
          GROUP BY tumble("timestamp", INTERVAL '10 seconds'), "user".device_type, download.status;

          """),
    ]
  }

  static let secondStreamName = "crashtest_copies"
}

private struct DownloadRecords: RecordSynthesizer {
  private enum Fault: String, CaseIterable {
    case truncated
    case trailing = "a byte too many"
    case tombstone
  }

  private let synthesizer: DownloadSynthesizer
  private let encoder: DownloadEncoder

  init(_ schemaJSON: String, seed: UInt64) throws {
    synthesizer = try DownloadSynthesizer(
      settings: SynthesisSettings(
        seed: seed, regions: 100, outOfOrder: OutOfOrder(share: 0.05, maxSeconds: 3),
        beginningMilliseconds: Clock.wallMilliseconds()))
    encoder = try DownloadEncoder(schemaJSON: schemaJSON)
  }

  func record(_ number: Int, milliseconds: Int64) throws -> LoadRecord {
    let event = synthesizer.event(UInt64(number), timestampMilliseconds: milliseconds)
    return LoadRecord(key: Array(event.place.bytes), value: Array(try encoder.encode(event)))
  }

  func malformed(_ number: Int, turn: Int, milliseconds: Int64) throws -> LoadRecord {
    let fault = Fault.allCases[turn % Fault.allCases.count]
    var record = try record(number, milliseconds: milliseconds)
    record.fault = fault.rawValue
    let value = record.value ?? []
    switch fault {
    case .truncated: record.value = Array(value.prefix(value.count / 2))
    case .trailing: record.value = value + [0]
    case .tombstone: record.value = nil
    }
    return record
  }
}

extension KeptEvent {
  /// In the order of the truth's table.
  fileprivate var columns: [String?] {
    [
      eventID, String(timestampMilliseconds), contentID, title, contentType, "\(sizeGB)", userID, place, deviceType,
      osVersion, status, String(durationSeconds), "\(speedMbps)", errorCode,
    ]
  }
}
