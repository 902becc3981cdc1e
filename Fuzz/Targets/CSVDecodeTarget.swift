import AvroTestSupport
import Events
import Plan
import TextFormats

extension FuzzTarget {
  /// Hostile lines between others, for every type of column.
  ///
  /// The first byte chooses the dialect and whether the payloads are repeated to more than one block of records.
  static let csvDecode = FuzzTarget("csv-decode") {
    let dialects = [
      StreamDefinition.CSV(), .init(delimiter: UInt8(ascii: "\t"), null: "\\N"), .init(delimiter: UInt8(ascii: ";")),
    ]
    let subjects = dialects.map { CSVSubject(columns: everyType, csv: $0) }
    let texts = dialects.map { CSVSubject(columns: Array(everyType.prefix(2)), csv: $0) }
    return { input in
      var reader = InputReader(input)
      let choice = Int(reader.byte())
      let index = choice % 128 % dialects.count
      var payloads = reader.payloads(limit: 8)
      guard !payloads.isEmpty else { return }
      if choice >= 128 { payloads = (0..<CSVSubject.capacity).map { payloads[$0 % payloads.count] } }
      try subjects[index].check(payloads)
      try texts[index].check(payloads)
      try texts[index].compare(payloads)
    }
  }

  /// The first two are texts that take everything.
  private static let everyType = [
    DeclaredColumn(name: "a", type: .text), DeclaredColumn(name: "b", type: .text, isNullable: false),
    DeclaredColumn(name: "boolean", type: .boolean), DeclaredColumn(name: "integer", type: .integer),
    DeclaredColumn(name: "bigint", type: .bigint, isNullable: false),
    DeclaredColumn(name: "numeric", type: .numeric(scale: 2), precision: 12),
    DeclaredColumn(name: "double", type: .doublePrecision),
    DeclaredColumn(name: "varchar", type: .text, maximumCharacters: 3),
    DeclaredColumn(name: "timestamptz", type: .timestamptz), DeclaredColumn(name: "timestamp", type: .timestamp),
    DeclaredColumn(name: "date", type: .date), DeclaredColumn(name: "time", type: .time),
    DeclaredColumn(name: "uuid", type: .uuid), DeclaredColumn(name: "jsonb", type: .jsonb),
    DeclaredColumn(name: "seconds", type: .timestamptz, unit: .seconds),
  ]
}

/// The decoders of one stream: of all columns, of every other column, and of none.
private final class CSVSubject {
  static let capacity = 70

  private typealias Part = (decoder: CSVRecordDecoder, batch: EventBatch)

  private let columns: [DeclaredColumn]
  private let csv: StreamDefinition.CSV
  private let all: Part
  private let some: Part
  private let none: Part
  private let kept: [Int]

  init(columns: [DeclaredColumn], csv: StreamDefinition.CSV) {
    self.columns = columns
    self.csv = csv
    kept = Array(stride(from: 0, to: columns.count, by: 2))
    func part(_ wanted: [DeclaredColumn]) -> Part {
      let specs = wanted.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) }
      let targets = wanted.enumerated().map { (index: $0.offset, declared: $0.element) }
      return (
        CSVRecordDecoder(columns: targets, declared: columns, csv: csv),
        EventBatch(specs: specs, capacity: Self.capacity)
      )
    }
    all = part(columns)
    some = part(kept.map { columns[$0] })
    none = part([])
  }

  private func outcomes(_ part: Part, _ payloads: [[UInt8]?]) -> [Outcome] {
    let records = RecordBatch(copying: payloads)
    part.decoder.decode(records.records, into: part.batch)
    return part.batch.outcomes
  }

  func check(_ payloads: [[UInt8]?]) throws {
    let outcomes = outcomes(all, payloads)
    // A record means the same whatever stands beside it; alone, its bytes lie in an allocation of their own.
    for (payload, outcome) in zip(payloads, outcomes).prefix(8) {
      let alone = self.outcomes(all, [payload])
      try require(alone == [outcome], "\(outcome) between others, but alone \(alone)")
      if let message = outcome.message {
        try require(isLine(message), "a message of \(message.count) characters: \(message)")
      }
    }
    // What can be read can be skipped.
    let partial = self.outcomes(some, payloads)
    let skipped = self.outcomes(none, payloads)
    for (index, outcome) in outcomes.enumerated() {
      guard case .row(let cells) = outcome else { continue }
      try require(
        partial[index] == .row(kept.map { cells[$0] }), "\(outcome), but \(partial[index]) of \(kept) columns")
      try require(skipped[index] == .row([]), "\(outcome), but skipped \(skipped[index])")
    }
  }

  /// With text columns only: the fields are those that a plain reader finds.
  func compare(_ payloads: [[UInt8]?]) throws {
    for (payload, outcome) in zip(payloads, outcomes(all, payloads)).prefix(8) {
      let fields = payload.flatMap { plainFields($0) }
      guard let fields, fields.count == columns.count else {
        try require(outcome.code != nil, "\(outcome), but it is no line of \(columns.count) fields")
        continue
      }
      let null = Array(csv.null.utf8)
      let cells = fields.map { $0.isQuoted || $0.bytes != null ? Cell.bytes($0.bytes) : .null }
      switch outcome {
      case .row(let found): try require(found == cells, "\(found), but there are \(cells)")
      case .failure(.missingValue, _): try require(cells[1] == .null, "there is a value: \(cells)")
      case .failure(.invalidUTF8, _):
        let isText = fields.allSatisfy { !$0.bytes.contains(0) && String(validating: $0.bytes, as: UTF8.self) != nil }
        try require(!isText, "all is UTF-8: \(cells)")
      case .failure: try require(false, "\(outcome), but there are \(cells)")
      }
    }
  }

  /// RFC 4180 byte by byte; nil for what is no line of it, or no bytes at all.
  private func plainFields(_ payload: [UInt8]) -> [(bytes: [UInt8], isQuoted: Bool)]? {
    guard !payload.isEmpty else { return nil }
    var rest = payload[...]
    if rest.last == UInt8(ascii: "\n") { rest.removeLast() }
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
    var fields: [(bytes: [UInt8], isQuoted: Bool)] = []
    while true {
      var bytes: [UInt8] = []
      let isQuoted = rest.first == UInt8(ascii: "\"")
      if isQuoted {
        rest.removeFirst()
        while true {
          guard let byte = rest.popFirst() else { return nil }
          if byte == UInt8(ascii: "\"") {
            guard rest.first == byte else { break }
            rest.removeFirst()
          }
          bytes.append(byte)
        }
      } else {
        while let byte = rest.first, byte != csv.delimiter {
          if "\"\r\n".utf8.contains(byte) { return nil }
          bytes.append(byte)
          rest.removeFirst()
        }
      }
      fields.append((bytes, isQuoted))
      guard let byte = rest.popFirst() else { return fields }
      guard byte == csv.delimiter else { return nil }
    }
  }
}

/// Whether a message can stand in a log: on one line, and of no more of the payload than helps.
func isLine(_ message: String) -> Bool {
  message.unicodeScalars.count <= 600 && !message.unicodeScalars.contains { $0.properties.generalCategory == .control }
}
