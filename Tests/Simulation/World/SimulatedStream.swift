import Avro
import Events
import Formats
import Plan

/// The stream of the simulation: small events, an aggregate that takes late events and one that drops them.
///
/// Both have the keys and measures that the checker can recompute: rows and the sum of whole numbers, which doubles add
/// without rounding in whatever order.
enum SimulatedStream {
  static let topic = "simulated"

  static func partition(_ number: Int) -> TopicPartition {
    TopicPartition(topic: topic, partition: Int32(number))
  }

  /// 2026-01-01T00:00:00Z, in microseconds.
  static let start: Int64 = 1_767_225_600_000_000

  /// Takes every event whenever it comes.
  static let revising = 0
  /// Takes events with a value of at least `threshold`, until their window is late.
  static let dropping = 1
  static let windows: [Int64] = [60_000_000, 10_000_000]
  static let threshold = 3.0

  private static let schema = schema(with: "")

  /// What a registry knows: the stream's own schema under one more number, and one that has a field more.
  static let schemas: [UInt32: String] = [1: schema, 2: schema(with: #"{"name": "more", "type": "int"},"#)]
  /// What it does not know.
  static let unknownSchema: UInt32 = 9

  private static func schema(with field: String) -> String {
    """
    {"type": "record", "name": "event", "fields": [\(field)
      {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
      {"name": "key", "type": "int"},
      {"name": "value", "type": "double"}]}
    """
  }

  private static let columns = [
    ColumnSpec(path: ["at"], type: .timestamptz, isNullable: false),
    ColumnSpec(path: ["key"], type: .integer, isNullable: false),
    ColumnSpec(path: ["value"], type: .doublePrecision, isNullable: false),
  ]

  static let plan = StreamPlan(
    definition: StreamDefinition(
      name: "simulated", topic: topic, format: .avro, schema: .file("event.avsc"), eventTime: ["at"],
      outOfOrdernessMicroseconds: 1_000_000, idleTimeoutMicroseconds: 5_000_000,
      // Further than the wall clock is ever set back: what is dead must not depend on the schedule.
      maxAheadMicroseconds: 1_000_000_000_000_000, deadLetterTopic: nil, framing: .automatic),
    columns: columns, eventTimeColumn: 0,
    aggregates: [
      aggregate("revising", filter: nil, window: windows[revising], late: .revise),
      aggregate(
        "dropping",
        filter: .comparison(.greaterOrEqual, .column(2, .doublePrecision), .literal(.double(threshold))),
        window: windows[dropping], late: .drop),
    ])

  static func makeDecoder() throws(AvroError) -> RecordDecoder {
    let schema = RecordSchema.avro(reader: try AvroSchema(parsing: schema), schemas: try SchemaSet(files: []))
    return try RecordDecoder(plan, topic: topic, schema: schema)
  }

  private static func aggregate(
    _ name: String, filter: Expression?, window: Int64, late: LatePolicy
  ) -> AggregatePlan {
    AggregatePlan(
      name: name, comment: "", filter: filter, window: .tumble(sizeMicroseconds: window),
      keys: [
        KeyColumn(name: "key", expression: .column(1, .integer), type: .integer, isNullable: false, comment: "")
      ],
      accumulators: [
        AccumulatorPlan(
          function: .count, argument: nil, filter: nil, column: "events", type: .bigint, comment: ""),
        AccumulatorPlan(
          function: .sum, argument: .column(2, .doublePrecision), filter: nil, column: "total",
          type: .doublePrecision, comment: ""),
      ],
      outputs: [], retentionMicroseconds: nil, allowedLatenessMicroseconds: 0, latePolicy: late,
      select: SelectText(text: "", from: 0..<0, window: ""))
  }
}

/// An event of the simulated topic.
struct SimulatedEvent {
  /// Microseconds since 1970.
  var time: Int64
  var key: Int64
  var value: Double

  /// In Confluent framing, of a schema that the registry knows.
  func encoded(schema id: UInt32) -> [UInt8] {
    [0] + withUnsafeBytes(of: id.bigEndian, Array.init) + (id == 2 ? [14] : []) + encoded
  }

  /// By the Avro specification alone.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    append(time, to: &bytes)
    append(key, to: &bytes)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    return bytes
  }

  private func append(_ long: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: long << 1 ^ long >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
