import Avro
import AvroTestSupport
import Events

extension FuzzTarget {
  /// Hostile payloads between others, for pairs of a writer's and a reader's schema.
  ///
  /// The first byte chooses the pair and whether the payloads are repeated to more than one block of records.
  static let avroDecode = FuzzTarget("avro-decode") {
    let subjects = try SchemaPair.all.map(DecodeSubject.init)
    return { input in
      var reader = InputReader(input)
      let choice = Int(reader.byte())
      let subject = subjects[choice % 128 % subjects.count]
      var payloads = reader.payloads(limit: 8)
      guard !payloads.isEmpty else { return }
      if choice >= 128 { payloads = (0..<DecodeSubject.capacity).map { payloads[$0 % payloads.count] } }
      try subject.check(payloads)
    }
  }
}

/// The decoders of one pair of schemas: of all columns, of every other column, and of none.
private final class DecodeSubject {
  static let capacity = 70

  private let all: (decoder: AvroDecoder, batch: EventBatch)
  private let some: (decoder: AvroDecoder, batch: EventBatch)
  private let none: (decoder: AvroDecoder, batch: EventBatch)
  private let kept: [Int]
  private let framing: [UInt8]

  init(_ pair: SchemaPair) throws {
    let reader = try AvroSchema(parsing: pair.reader)
    let schemas = try SchemaSet(files: [("writer.avsc", pair.writer)], confluentIDs: "{\"1\": \"writer.avsc\"}")
    let columns = reader.leafColumns().map(\.spec)
    kept = Array(stride(from: 0, to: columns.count, by: 2))
    framing = [0, 0, 0, 0, 1]
    func decoder(_ columns: [ColumnSpec]) throws -> (AvroDecoder, EventBatch) {
      let decoder = try AvroDecoder(reader: reader, schemas: schemas, columns: columns, framing: .confluent)
      return (decoder, EventBatch(specs: columns, capacity: Self.capacity))
    }
    all = try decoder(columns)
    some = try decoder(kept.map { columns[$0] })
    none = try decoder([])
  }

  func check(_ payloads: [[UInt8]?]) throws {
    let framed = payloads.map { payload in payload.map { framing + $0 } }
    let outcomes = all.decoder.outcomes(framed, in: all.batch)
    // A record means the same whatever stands beside it; alone, its bytes lie in an allocation of their own.
    for (payload, outcome) in zip(framed, outcomes).prefix(8) {
      let alone = all.decoder.outcomes([payload], in: all.batch)
      try require(alone == [outcome], "\(outcome) between others, but alone \(alone)")
    }
    // What can be read can be skipped.
    let partial = some.decoder.outcomes(framed, in: some.batch)
    let skipped = none.decoder.outcomes(framed, in: none.batch)
    for (index, outcome) in outcomes.enumerated() {
      guard case .row(let cells) = outcome else { continue }
      try require(
        partial[index] == .row(kept.map { cells[$0] }), "\(outcome), but \(partial[index]) of \(kept) columns")
      try require(skipped[index] == .row([]), "\(outcome), but skipped \(skipped[index])")
    }
  }
}
