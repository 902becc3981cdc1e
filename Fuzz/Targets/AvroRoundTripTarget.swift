import Avro
import AvroTestSupport

extension FuzzTarget {
  /// A schema and values chosen by the input: what libavro encodes is decoded as it was.
  static let avroRoundTrip = FuzzTarget("avro-round-trip") {
    { input in
      var random = RandomRecords(InputReader(input))
      let type = random.record(depth: 3)
      let schema = type.schema
      let encoder = try LibAvro(schema)
      var payloads: [[UInt8]] = []
      var expected: [Outcome] = []
      for _ in 0..<4 {
        let value = random.value(type)
        let payload = try encoder.encode(value)
        guard !payload.isEmpty else { continue }
        payloads.append(payload)
        expected.append(Outcome.row(type.cells(value)).normalized)
      }
      let outcomes = try Decoding(reader: schema, framing: .bare).outcomes(payloads).map(\.normalized)
      try require(outcomes == expected, "\(outcomes) instead of \(expected) with \(schema)")

      // A cut anywhere is noticed, whatever is cut through.
      guard let payload = payloads.first, payload.count > 1 else { return }
      let cut = Array(payload[..<(1 + random.below(payload.count - 1))])
      let outcome = try Decoding(reader: schema, framing: .bare).outcomes([cut])[0]
      try require(outcome.code == .truncated, "\(outcome) of \(cut.count) of \(payload.count) bytes with \(schema)")
    }
  }
}
