import Avro
import AvroTestSupport
import Events

extension FuzzTarget {
  /// A payload means the same in each framing that names its schema, alone and beside others; without a header that is
  /// asked for it is refused.
  static let avroFraming = FuzzTarget("avro-framing") {
    let writers = [recordOfX("\"string\""), recordOfX("[\"null\",\"long\"]", name: "N")]
    let subjects = try writers.map { try FramingSubject(writer: $0, all: writers) }
    return { input in
      var reader = InputReader(input)
      let subject = subjects[reader.below(subjects.count)]
      let payload = reader.rest()
      if !payload.isEmpty { try subject.check(payload) }
    }
  }
}

/// One of the schemas on the wire, and how its records may be framed.
private final class FramingSubject {
  private let decoders: [Framing: AvroDecoder]
  private let headers: [Framing: [UInt8]]

  init(writer: String, all writers: [String]) throws {
    let files = writers.enumerated().map { (name: "\($0.offset).avsc", text: $0.element) }
    let index = writers.firstIndex(of: writer) ?? 0
    let schemas = try SchemaSet(files: files, confluentIDs: "{\"7\": \"0.avsc\", \"4294967295\": \"1.avsc\"}")
    let reader = try AvroSchema(parsing: writer)
    decoders = try Dictionary(
      uniqueKeysWithValues: Framing.allCases.map { framing in
        let columns = reader.leafColumns().map(\.spec)
        return (framing, try AvroDecoder(reader: reader, schemas: schemas, columns: columns, framing: framing))
      })
    let fingerprint = withUnsafeBytes(of: reader.fingerprint.littleEndian) { Array($0) }
    headers = [
      .bare: [], .singleObject: [0xC3, 0x01] + fingerprint,
      .confluent: [0] + (index == 0 ? [0, 0, 0, 7] : [255, 255, 255, 255]),
    ]
  }

  private func outcomes(_ framing: Framing, _ payloads: [[UInt8]]) -> [Outcome] {
    decoders[framing]?.outcomes(payloads) ?? []
  }

  func check(_ payload: [UInt8]) throws {
    let bare = outcomes(.bare, [payload])
    let framings: [Framing] = [.singleObject, .confluent]
    for framing in framings {
      let framed = (headers[framing] ?? []) + payload
      // Places in messages count from the payload's beginning, header and all.
      for reading in [framing, .auto] {
        let outcome = outcomes(reading, [framed])
        try require(
          outcome == bare || outcome[0].code != nil && outcome[0].code == bare[0].code,
          "bare \(bare), but \(framing) read as \(reading) \(outcome)")
      }
      let unframed = outcomes(framing, [payload])[0]
      try require(
        unframed.code == .malformed || unframed.code == .unknownSchema || payload.count >= 5 && payload[0] == 0
          || payload.count >= 10 && payload[0] == 0xC3,
        "\(framing) without a header: \(unframed)")
    }
    let mixed = [payload] + framings.map { (headers[$0] ?? []) + payload } + [payload.reversed(), payload]
    let together = outcomes(.auto, mixed)
    let apart = mixed.flatMap { outcomes(.auto, [$0]) }
    try require(together == apart, "\(together) together, \(apart) one by one")
  }
}
