import Events
import JSON
import Plan
import Replay
import Synthesis

extension FuzzTarget {
  /// Records of CSV are cut alike wherever the reads end; what their fields become as JSON and as CSV reads as it was. The
  /// event time of a line of JSON is shifted, and nothing else of it.
  static let replay = FuzzTarget("replay", maximumInputBytes: 8192) {
    let subject = ReplaySubject()
    return { input in try subject.check(input) }
  }
}

private final class ReplaySubject {
  private static let maxRecordBytes = 1024
  private static let comma = UInt8(ascii: ",")
  /// Wider records are of no use.
  private static let maxFields = 64

  /// Of every type, again and again.
  private let declarations: [DeclaredColumn] = [
    DeclaredColumn(name: "a", type: .text, maximumCharacters: 5), DeclaredColumn(name: "b", type: .integer),
    DeclaredColumn(name: "c", type: .timestamptz), DeclaredColumn(name: "d", type: .doublePrecision),
    DeclaredColumn(name: "e", type: .numeric(scale: 2), precision: 12), DeclaredColumn(name: "f", type: .jsonb),
    DeclaredColumn(name: "g", type: .timestamptz, unit: .milliseconds), DeclaredColumn(name: "h", type: .boolean),
    DeclaredColumn(name: "i", type: .uuid), DeclaredColumn(name: "j", type: .date),
  ]

  func check(_ input: UnsafeBufferPointer<UInt8>) throws {
    let records = split(input, every: input.count)
    for step in [1, 7, 64] {
      try require(split(input, every: step) == records, "other records when read \(step) bytes at a time")
    }
    for case let record? in records {
      try record.withUnsafeBufferPointer { bytes in
        try check(record: bytes)
        try check(line: bytes)
      }
    }
  }

  /// The records; nil stands for one that is too long.
  private func split(_ input: UnsafeBufferPointer<UInt8>, every step: Int) -> [[UInt8]?] {
    var splitter = CSVRecordSplitter(delimiter: Self.comma, maxRecordBytes: Self.maxRecordBytes)
    var records: [[UInt8]?] = []
    func take(_ number: UInt64, _ record: CSVRecordSplitter.Record) {
      if case .text(let text) = record { records.append(Array(text)) } else { records.append(nil) }
    }
    var rest = input[...]
    while !rest.isEmpty {
      splitter.feed(UnsafeBufferPointer(rebasing: rest.prefix(step)), take)
      rest = rest.dropFirst(step)
    }
    splitter.finish(take)
    return records
  }

  private func check(record: UnsafeBufferPointer<UInt8>) throws {
    var reader = CSVFields(delimiter: Self.comma)
    guard (try? reader.read(record)) != nil, reader.fields.count <= Self.maxFields else { return }
    let fields = reader.fields
    let names = fields.indices.map { "c\($0)" }
    let row = EventRow(count: fields.count)
    let guessing = names.map { FileColumn(name: $0, values: .guessed) }
    try check(fields, guessing, row)
    var again = CSVFields(delimiter: Self.comma)
    var line: [UInt8] = []
    CSVForm(timeText: .iso8601).append(row, to: &line)
    try line.withUnsafeBufferPointer { bytes in
      try again.read(bytes)
      let (before, after) = (fields.map(Self.value), again.fields.map(Self.value))
      try require(before == after, "the line \(String(decoding: bytes, as: UTF8.self))")
    }
    let declared = names.enumerated().map { index, name in
      var column = declarations[index % declarations.count]
      column.name = name
      column.path = [.member(name)]
      return FileColumn(name: name, values: .declared(column))
    }
    try check(fields, declared, row)
    shift(fields, guessing)
    shift(fields, declared)
  }

  /// A field that is not quoted and empty has no value.
  private static func value(_ field: CSVField) -> [UInt8]? {
    !field.isQuoted && field.text.count == 0 ? nil : Array(field.text.bytes)
  }

  /// What is not malformed is JSON with the fields' values.
  private func check(_ fields: [CSVField], _ columns: [FileColumn], _ row: EventRow) throws {
    var conversion = RowConversion(columns: columns, null: "")
    guard conversion.convert(fields, into: row) == nil else { return }
    var text: [UInt8] = []
    try JSONForm(paths: columns.map(\.path), timeText: .iso8601).append(row, to: &text)
    let document = try JSONValue(parsing: text)
    for (field, column) in zip(fields, columns) {
      guard case .guessed = column.values, let value = document[column.name] else { continue }
      let expected = Self.value(field).map { String(decoding: $0, as: UTF8.self) }
      switch value {
      case .null: try require(expected == nil, "\(column.name) is null")
      case .string(let text), .number(let text): try require(text == expected, "\(column.name) is \(text)")
      default: throw Finding(description: "\(column.name) is \(value.kind)")
      }
    }
  }

  /// Whatever is there, it is shifted or refused.
  private func shift(_ fields: [CSVField], _ columns: [FileColumn]) {
    let row = EventRow(count: columns.count)
    var conversion = RowConversion(columns: columns, null: "")
    _ = conversion.convert(fields, into: row)
    for index in columns.indices { _ = conversion.shift(index, bySeconds: 1_000_000, unit: nil, in: row) }
  }

  private func check(line: UnsafeBufferPointer<UInt8>) throws {
    let time = JSONTime(path: [.member("t")])
    guard let event = try? JSONLine(line), let before = try? event.milliseconds(time),
      let shifted = try? event.shifted(time, bySeconds: 86_400)
    else { return }
    let after = try shifted.withUnsafeBufferPointer { try JSONLine($0).milliseconds(time) }
    try require(after == before + 86_400_000, "the time is \(after) instead of a day after \(before)")
    let (old, new) = (try JSONValue(parsing: line).objectValue ?? [], try JSONValue(parsing: shifted).objectValue ?? [])
    try require(old.filter { $0.name != "t" } == new.filter { $0.name != "t" }, "another member is not what it was")
  }
}
