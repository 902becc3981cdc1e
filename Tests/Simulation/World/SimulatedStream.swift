import Avro
import Events
import Formats
import Plan

/// A stream of the simulation: small events, an aggregate that takes late events and one that drops them.
///
/// All have the keys and measures that the checker can recompute: rows and the sum of whole numbers, which doubles add
/// without rounding in whatever order. In windows and filters the streams differ, so that a row of one is none of another.
struct SimulatedStream: CustomStringConvertible {
  /// The first two read one topic, the third another. A schedule has the first so many of them.
  static let all = [
    SimulatedStream(number: 0, name: "first", topic: .avro, windows: [60 * second, 10 * second], threshold: 3),
    SimulatedStream(number: 1, name: "second", topic: .avro, windows: [30 * second, 20 * second], threshold: 5),
    SimulatedStream(number: 2, name: "third", topic: .json, windows: [60 * second, 12 * second], threshold: 2),
  ]

  /// Of the aggregates, takes every event whenever it comes.
  static let revising = 0
  /// Takes events with a value of at least `threshold`, until their window is late.
  static let dropping = 1

  /// Its place in `all`.
  let number: Int
  let name: String
  let topic: SimulatedTopic
  /// Of each aggregate, in microseconds. They divide a minute, to which both 1970 and 2000 began.
  let windows: [Int64]
  let threshold: Double
  let plan: StreamPlan

  private static let columns = [
    ColumnSpec(path: ["at"], type: .timestamptz, isNullable: false),
    ColumnSpec(path: ["key"], type: .integer, isNullable: false),
    ColumnSpec(path: ["value"], type: .doublePrecision, isNullable: false),
  ]

  private static let declared = [
    DeclaredColumn(name: "at", type: .timestamptz, isNullable: false, unit: .microseconds),
    DeclaredColumn(name: "key", type: .integer, isNullable: false),
    DeclaredColumn(name: "value", type: .doublePrecision, isNullable: false),
  ]

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

  var description: String { name }

  private init(number: Int, name: String, topic: SimulatedTopic, windows: [Int64], threshold: Double) {
    self.number = number
    self.name = name
    self.topic = topic
    self.windows = windows
    self.threshold = threshold
    plan = StreamPlan(
      definition: StreamDefinition(
        name: name, topic: topic.rawValue, format: topic.format,
        schema: topic.format == .avro ? .file("event.avsc") : nil,
        columns: topic.format == .avro ? [] : SimulatedStream.declared, eventTime: ["at"],
        outOfOrdernessMicroseconds: 1_000_000, idleTimeoutMicroseconds: 5_000_000,
        // Further than the wall clock is ever set back: what is dead must not depend on the schedule.
        maxAheadMicroseconds: 1_000_000_000_000_000, deadLetterTopic: nil),
      columns: SimulatedStream.columns, eventTimeColumn: 0,
      aggregates: [
        SimulatedStream.aggregate(
          "\(name)_revising", filter: nil, window: windows[SimulatedStream.revising], late: .revise),
        SimulatedStream.aggregate(
          "\(name)_dropping",
          filter: .comparison(.greaterOrEqual, .column(2, .doublePrecision), .literal(.double(threshold))),
          window: windows[SimulatedStream.dropping], late: .drop),
      ])
  }

  func makeDecoder() throws(AvroError) -> RecordDecoder {
    let schema: RecordSchema =
      switch topic.format {
      case .avro: .avro(reader: try AvroSchema(parsing: SimulatedStream.schema), schemas: try SchemaSet(files: []))
      case .json, .csv: .declared
      }
    return try RecordDecoder(plan, topic: topic.rawValue, schema: schema)
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
