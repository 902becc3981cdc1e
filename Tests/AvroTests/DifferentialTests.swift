import Avro
import AvroTestSupport
import Events
import Glibc
import Testing

/// Random schemas and values: libavro encodes, we decode.
@Suite struct DifferentialTests {
  @Test("random records are decoded as libavro encoded them", arguments: 1...60 as ClosedRange<UInt64>)
  func random(seed: UInt64) throws {
    var generator = RandomRecords(SeededGenerator(seed: seed))
    let type = generator.record(depth: 3)
    let schema = type.schema
    let encoder = try LibAvro(schema)
    var payloads: [[UInt8]] = []
    var expected: [Outcome] = []
    for _ in 0..<100 {
      let value = generator.value(type)
      let payload = try encoder.encode(value)
      guard !payload.isEmpty else { continue }
      payloads.append(payload)
      expected.append(.row(type.cells(value)))
    }
    let outcomes = try Decoding(reader: schema).outcomes(payloads)
    for (index, outcome) in outcomes.enumerated() {
      #expect(outcome.normalized == expected[index].normalized, "seed \(seed), row \(index), \(schema)")
    }
    // The same, with most of it skipped.
    let leaves = try AvroSchema(parsing: schema).leafColumns().map { $0.path.joined(separator: ".") }
    guard !leaves.isEmpty else { return }
    let kept = (0..<2).map { _ in generator.below(leaves.count) }
    let some = try Decoding(reader: schema, columns: kept.map { leaves[$0] }).outcomes(payloads)
    for (index, outcome) in some.enumerated() {
      guard case .row(let all) = expected[index] else { continue }
      let wanted = Outcome.row(kept.map { all[$0] }).normalized
      #expect(outcome.normalized == wanted, "seed \(seed), row \(index), \(schema)")
    }
  }

  @Test(
    "every cut of a payload is reported as truncated, and no damage does harm", arguments: 1...20 as ClosedRange<UInt64>
  )
  func damage(seed: UInt64) throws {
    var generator = RandomRecords(SeededGenerator(seed: seed &+ 1000))
    let type = generator.record(depth: 3)
    let encoder = try LibAvro(type.schema)
    let payload = try encoder.encode(generator.value(type))
    let cuts = payload.indices.dropFirst().map { Array(payload[..<$0]) }
    for (index, outcome) in try Decoding(reader: type.schema, framing: .bare).outcomes(cuts).enumerated() {
      #expect(outcome.code == .truncated, "seed \(seed), cut at \(index + 1), \(type.schema), \(outcome)")
    }
    var damaged: [[UInt8]] = []
    for _ in 0..<300 where !payload.isEmpty {
      var bytes = payload
      for _ in 0...generator.below(3) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
      damaged.append(bytes)
    }
    for outcome in try Decoding(reader: type.schema).outcomes(damaged) {
      if case .failure(_, let message) = outcome { #expect(!message.isEmpty) }
    }
  }

  @Test("our own event is decoded as libavro encoded it")
  func event() throws {
    let schema = try eventSchema()
    let encoder = try LibAvro(schema)
    var generator = SeededGenerator(seed: 11)
    var payloads: [[UInt8]] = []
    var expected: [Outcome] = []
    for index in 0..<500 {
      let isFailed = generator.below(10) == 0
      let size = Double(generator.below(1000)) / 100
      let seconds = Int32(generator.below(5000))
      let id = "id-\(index)"
      payloads.append(
        try encoder.encode(
          .record([
            .string(id), .long(1_700_000_000_000 + Int64(index)),
            .record([.string("mov_\(index)"), .string("Tōkyō \(index)"), .string("movie"), .double(size)]),
            .record([.string("u\(index)"), .string("JP-Tokyo"), .string("iPhone"), .string("iOS 17.2")]),
            .record([
              .string(isFailed ? "failed" : "success"), .int(seconds), .double(size * 2),
              isFailed ? .union(1, .string("timeout")) : .union(0, .null),
            ]),
          ])))
      expected.append(
        .row([
          .text(id), .integer((1_700_000_000_000 + Int64(index)) * 1000), .text("mov_\(index)"),
          .text("Tōkyō \(index)"), .text("movie"), .real(size), .text("u\(index)"), .text("JP-Tokyo"),
          .text("iPhone"), .text("iOS 17.2"), .text(isFailed ? "failed" : "success"), .integer(Int64(seconds)),
          .real(size * 2), isFailed ? .text("timeout") : .null,
        ]))
    }
    #expect(try Decoding(reader: schema).outcomes(payloads) == expected)
    let cut = try #require(payloads.first).dropLast(9)
    let outcome = try #require(try Decoding(reader: schema).outcomes([Array(cut)]).first)
    #expect(outcome.code == .truncated)
    #expect(
      outcome.message == "download.speed_mbps: the payload ends after \(cut.count) of \(cut.count + 8) bytes needed")
  }

  /// The project's schema, beside the tests' own source.
  private func eventSchema(_ source: String = #filePath) throws -> String {
    let root = source.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try #require(fopen("/\(root)/schemas/event.avsc", "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
