import AvroTestSupport
import Events
import JSON
import Plan
import TextFormats

extension FuzzTarget {
  /// Hostile documents between others, for every type of column.
  ///
  /// The first byte chooses the columns and whether the payloads are repeated to more than one block of records.
  static let jsonDecode = FuzzTarget("json-decode") {
    let subjects = [JSONSubject(everyType), JSONSubject(nested)]
    return { input in
      var reader = InputReader(input)
      let choice = Int(reader.byte())
      var payloads = reader.payloads(limit: 8)
      guard !payloads.isEmpty else { return }
      if choice >= 128 { payloads = (0..<JSONSubject.capacity).map { payloads[$0 % payloads.count] } }
      try subjects[choice % 128 % subjects.count].check(payloads)
    }
  }

  private static let everyType = [
    DeclaredColumn(name: "a", type: .text), DeclaredColumn(name: "b", type: .bigint),
    DeclaredColumn(name: "c", type: .integer, isCoerced: true), DeclaredColumn(name: "d", type: .doublePrecision),
    DeclaredColumn(name: "e", type: .numeric(scale: 2), precision: 12, isCoerced: true),
    DeclaredColumn(name: "f", type: .boolean), DeclaredColumn(name: "g", type: .text, maximumCharacters: 3),
    DeclaredColumn(name: "h", type: .timestamptz), DeclaredColumn(name: "i", type: .timestamp, unit: .milliseconds),
    DeclaredColumn(name: "j", type: .jsonb), DeclaredColumn(name: "k", type: .date),
    DeclaredColumn(name: "l", type: .time, unit: .seconds, isCoerced: true), DeclaredColumn(name: "m", type: .uuid),
    DeclaredColumn(name: "n", type: .array(.text)), DeclaredColumn(name: "o", type: .array(.jsonb)),
    DeclaredColumn(name: "p", type: .array(.bigint), isCoerced: true),
  ]

  private static let nested = [
    DeclaredColumn(name: "a", type: .bigint, isNullable: false),
    DeclaredColumn(name: "inner", type: .text, path: [.member("o"), .member("a")]),
    DeclaredColumn(name: "second", type: .doublePrecision, path: [.member("o"), .member("l"), .element(1)]),
    DeclaredColumn(name: "deep", type: .jsonb, path: [.member("o"), .member("l"), .element(0), .member("x")]),
    DeclaredColumn(name: "whole", type: .jsonb, path: [.member("w")]),
    DeclaredColumn(name: "part", type: .boolean, path: [.member("w"), .member("b")]),
  ]
}

/// The decoders of one stream: of all columns, of every other column, and of none. They have known the documents of the
/// inputs before.
private final class JSONSubject {
  static let capacity = 70

  private typealias Part = (decoder: JSONRecordDecoder, batch: EventBatch)

  private let columns: [DeclaredColumn]
  private let all: Part
  private let some: Part
  private let none: Part
  private let kept: [Int]

  init(_ columns: [DeclaredColumn]) {
    self.columns = columns
    kept = Array(stride(from: 0, to: columns.count, by: 2))
    all = Self.part(columns, capacity: Self.capacity)
    some = Self.part(kept.map { columns[$0] }, capacity: Self.capacity)
    none = Self.part([], capacity: Self.capacity)
  }

  private static func part(_ wanted: [DeclaredColumn], capacity: Int) -> Part {
    let specs = wanted.map { ColumnSpec(path: [$0.name], type: $0.type, isNullable: $0.isNullable) }
    let targets = wanted.enumerated().map { (index: $0.offset, declared: $0.element) }
    return (JSONRecordDecoder(columns: targets), EventBatch(specs: specs, capacity: capacity))
  }

  private func outcomes(_ part: Part, _ payloads: [[UInt8]?]) -> [Outcome] {
    let records = RecordBatch(copying: payloads)
    part.decoder.decode(records.records, into: part.batch)
    return part.batch.outcomes
  }

  func check(_ payloads: [[UInt8]?]) throws {
    let outcomes = outcomes(all, payloads)
    for (payload, outcome) in zip(payloads, outcomes).prefix(8) {
      // By a decoder that knows no shape yet, with bytes in an allocation of their own.
      let alone = self.outcomes(Self.part(columns, capacity: 1), [payload])
      try require(alone == [outcome], "\(outcome) between others, but alone \(alone)")
      if let message = outcome.message {
        try require(isLine(message), "a message of \(message.count) characters: \(message)")
      }
    }
    // What can be read can be skipped.
    let partial = self.outcomes(some, payloads)
    let skipped = self.outcomes(none, payloads)
    for (index, outcome) in outcomes.enumerated() {
      if case .row(let cells) = outcome {
        try require(
          partial[index] == .row(kept.map { cells[$0] }), "\(outcome), but \(partial[index]) of \(kept) columns")
        try require(skipped[index] == .row([]), "\(outcome), but skipped \(skipped[index])")
      }
      guard index < 8, let payload = payloads[index], !payload.isEmpty else { continue }
      try compare(payload, outcome, isDocument: skipped[index] == .row([]))
    }
  }

  /// With the parser of whole documents.
  private func compare(_ payload: [UInt8], _ outcome: Outcome, isDocument: Bool) throws {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: payload)
    } catch {
      // Names that are equal when composed are told apart in records, as they are in Postgres.
      let isRepeated = error.message.hasSuffix("is there twice")
      return try require(!isDocument || isRepeated, "\(outcome), but \(error)")
    }
    let isObject = value.objectValue != nil
    try require(isDocument == isObject, "\(outcome) of \(value.kind)")
    guard case .row(let cells) = outcome else { return }
    for (column, cell) in zip(columns, cells) {
      try require(isSame(cell, value.value(at: column.path), column.type), "\(column.name) is \(cell) in \(value.text)")
    }
  }

  /// As far as the value itself says what the cell must be.
  private func isSame(_ cell: Cell, _ value: JSONValue?, _ type: SQLType) -> Bool {
    switch (value, type, cell) {
    case (nil, _, _), (.null, _, _): cell == .null
    case (.string(let text), .text, .bytes(let bytes)):
      bytes == Array(text.utf8)
        || (text.utf8.starts(with: bytes) && text.utf8.dropFirst(bytes.count).allSatisfy { $0 == 0x20 })
    case (.some(let value), .jsonb, .bytes(let bytes)): (try? JSONValue(parsing: bytes)) == value
    case (.array(let values), .array(let element), .array(let cells)):
      values.count == cells.count && zip(values, cells).allSatisfy { isSame($1, $0, element.type) }
    case (.number(let text), .bigint, .integer(let number)): Int64(text).map { $0 == number } ?? true
    case (.number(let text), .doublePrecision, .double(let bits)): Double(text) == Double(bitPattern: bits)
    case (.bool(let value), .boolean, .boolean(let found)): value == found
    default: cell != .null
    }
  }
}

extension JSONValue {
  fileprivate func value(at path: [DeclaredColumn.Step]) -> JSONValue? {
    path.reduce(self) { value, step in
      switch step {
      // Not by the subscript, which would find a name that is composed otherwise.
      case .member(let name): value?.objectValue?.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
      case .element(let index): value?[index]
      }
    }
  }
}
