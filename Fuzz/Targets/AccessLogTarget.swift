import Avro
import AvroTestSupport
import Downloads
import EventEncoding
import Events
import JSON
import Replay
import Requests

extension FuzzTarget {
  /// Lines are cut alike wherever the reads end; every event that a line becomes is encoded, decoded and written as
  /// JSON without a change.
  static let accessLog = FuzzTarget("access-log", maximumInputBytes: 8192) {
    let subject = try AccessLogSubject()
    return { input in try subject.check(input) }
  }
}

private final class AccessLogSubject {
  private static let maxLineBytes = 1024

  private let mapping = AccessLogMapping()
  private let encoder: DownloadEncoder
  private let decoder: AvroDecoder

  init() throws {
    let schema = try RepositoryFile.text("schemas/event.avsc")
    let reader = try AvroSchema(parsing: schema)
    encoder = try DownloadEncoder(schemaJSON: schema)
    decoder = try AvroDecoder(
      reader: reader, schemas: try SchemaSet(files: []), columns: reader.leafColumns().map(\.spec), framing: .bare)
  }

  func check(_ input: UnsafeBufferPointer<UInt8>) throws {
    let lines = split(input, every: input.count)
    for step in [5, 64] {
      try require(split(input, every: step) == lines, "other lines when read \(step) bytes at a time")
    }
    for case let line? in lines {
      try line.withUnsafeBufferPointer { try check(line: $0) }
    }
  }

  /// The lines; nil stands for one that is too long.
  private func split(_ input: UnsafeBufferPointer<UInt8>, every step: Int) -> [[UInt8]?] {
    var splitter = LineSplitter(maxLineBytes: Self.maxLineBytes)
    var lines: [[UInt8]?] = []
    func take(_ line: LineSplitter.Line) {
      if case .text(let text) = line { lines.append(Array(text)) } else { lines.append(nil) }
    }
    var rest = input[...]
    while !rest.isEmpty {
      splitter.feed(UnsafeBufferPointer(rebasing: rest.prefix(step)), take)
      rest = rest.dropFirst(step)
    }
    splitter.finish(take)
    return lines
  }

  private func check(line: UnsafeBufferPointer<UInt8>) throws {
    guard let parsed = try? AccessLogLine(parsing: line) else { return }
    try require((100...599).contains(parsed.status) && parsed.bytes >= 0, "\(parsed)")
    let event = mapping.event(parsed, source: line, number: 1)
    let payload = Array(try encoder.encode(event))
    let expected = cells(of: event)
    let outcome = decoder.outcomes([payload])[0]
    try require(outcome == .row(expected), "decoded \(outcome) instead of \(expected)")

    var writer = JSONLineWriter()
    writer.append(event)
    let json = try JSONValue(parsing: writer.bytes)
    try require(json["user"]?["user_id"] == .string(event.userID.description), "the line \(json.text)")
    try require(json["content"]?["title"] == .string(event.title.description), "the line \(json.text)")
  }

  /// In the order of the schema's fields.
  private func cells(of event: DownloadEvent) -> [Cell] {
    func text(_ view: TextView) -> Cell { .bytes(Array(view.bytes)) }
    return [
      text(event.eventID), .integer(event.timestampMilliseconds * 1000), text(event.contentID), text(event.title),
      text(event.contentType), .real(event.sizeGB), text(event.userID), text(event.region), text(event.deviceType),
      text(event.osVersion), text(event.status.text), .integer(Int64(event.durationSeconds)), .real(event.speedMbps),
      event.errorCode.map(text) ?? .null,
    ]
  }
}
