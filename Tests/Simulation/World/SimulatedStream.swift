import Avro
import Events
import Formats
import Plan

/// A stream of the simulation: small events, an aggregate that takes late events, one that drops them, one whose windows
/// overlap, and one of sessions.
///
/// All have the keys and measures that the checker can recompute: rows, the sum of whole numbers, which doubles add without
/// rounding in whatever order, and sketches, whose states merge exactly. In windows and filters the streams differ, so that a row of one is none of another.
struct SimulatedStream: CustomStringConvertible {
  /// The first two read one topic, the third another. A schedule has the first so many of them.
  static let all = [
    SimulatedStream(
      number: 0, name: "first", topic: .avro, windows: [60, 10, 45], slides: [60, 10, 15], gap: 2, maximum: nil,
      threshold: 3),
    SimulatedStream(
      number: 1, name: "second", topic: .avro, windows: [30, 20, 30], slides: [30, 20, 20], gap: 4, maximum: 15,
      threshold: 5),
    SimulatedStream(
      number: 2, name: "third", topic: .json, windows: [60, 12, 60], slides: [60, 12, 20], gap: 1, maximum: 10,
      threshold: 2),
  ]

  /// Of the aggregates, takes every event whenever it comes.
  static let revising = 0
  /// Takes events with a value of at least `threshold`, until their window is late.
  static let dropping = 1
  /// Takes every event into windows that overlap: its rows are panes.
  static let hopping = 2
  /// Takes every event into sessions, which late events lengthen and join.
  static let visiting = 3
  static let aggregateCount = 4

  /// Its place in `all`.
  let number: Int
  let name: String
  let topic: SimulatedTopic
  /// Of each aggregate before `visiting`, how long its windows are and how often they begin, in microseconds. That divides a
  /// minute, to which both 1970 and 2000 began.
  let windows: [Int64]
  let slides: [Int64]
  /// What ends a session, and where it is cut, in microseconds; that divides a minute, too.
  let gap: Int64
  let maximum: Int64?
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

  private init(
    number: Int, name: String, topic: SimulatedTopic, windows: [Int64], slides: [Int64], gap: Int64, maximum: Int64?,
    threshold: Double
  ) {
    let (windows, slides) = (windows.map { $0 * second }, slides.map { $0 * second })
    let (gap, maximum) = (gap * second, maximum.map { $0 * second })
    self.number = number
    self.name = name
    self.topic = topic
    self.windows = windows
    self.slides = slides
    self.gap = gap
    self.maximum = maximum
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
          "\(name)_revising", filter: nil,
          window: .tumble(sizeMicroseconds: windows[SimulatedStream.revising]), late: .revise),
        SimulatedStream.aggregate(
          "\(name)_dropping",
          filter: .comparison(.greaterOrEqual, .column(2, .doublePrecision), .literal(.double(threshold))),
          window: .tumble(sizeMicroseconds: windows[SimulatedStream.dropping]), late: .drop),
        SimulatedStream.aggregate(
          "\(name)_hopping", filter: nil,
          window: .hop(
            slideMicroseconds: slides[SimulatedStream.hopping], sizeMicroseconds: windows[SimulatedStream.hopping]),
          late: .revise),
        SimulatedStream.aggregate(
          "\(name)_visiting", filter: nil, window: .session(gapMicroseconds: gap, maximumMicroseconds: maximum),
          late: .revise),
      ])
  }

  /// The beginnings of the aggregate's windows that hold the time.
  func windows(of aggregate: Int, at time: Int64) -> [Int64] {
    let (size, slide) = (windows[aggregate], slides[aggregate])
    let last = time - time % slide
    return Array(stride(from: last, to: time - size, by: -Int(slide)))
  }

  /// The sessions of these events of a key, in the order of their times: when they begin and end, and how many of the events
  /// each has.
  func sessions(of times: [Int64]) -> [(range: Range<Int64>, events: Int)] {
    var sessions: [(range: Range<Int64>, events: Int)] = []
    for time in times {
      let cut = maximum.map { time - time % $0 + $0 } ?? .max
      let end = min(time + gap, cut)
      if let last = sessions.last, time < last.range.upperBound {
        sessions[sessions.count - 1] = (last.range.lowerBound..<end, last.events + 1)
      } else {
        sessions.append((time..<end, 1))
      }
    }
    return sessions
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
    _ name: String, filter: Expression?, window: WindowAssigner, late: LatePolicy
  ) -> AggregatePlan {
    AggregatePlan(
      name: name, comment: "", filter: filter, window: window,
      keys: [
        KeyColumn(name: "key", expression: .column(1, .integer), type: .integer, isNullable: false, comment: "")
      ],
      accumulators: [
        AccumulatorPlan(
          function: .count, argument: nil, filter: nil, column: "events", type: .bigint, comment: ""),
        AccumulatorPlan(
          function: .sum, argument: .column(2, .doublePrecision), filter: nil, column: "total",
          type: .doublePrecision, comment: ""),
        AccumulatorPlan(
          function: .distinct, argument: .column(2, .doublePrecision), filter: nil, column: "values_state",
          type: .bits, comment: ""),
        AccumulatorPlan(
          function: .quantiles, argument: .column(2, .doublePrecision), filter: nil, column: "sizes_state",
          type: .array(.bigint), comment: ""),
      ],
      outputs: [], retentionMicroseconds: nil, allowedLatenessMicroseconds: 0, latePolicy: late,
      select: SelectText(text: "", from: 0..<0, window: ""))
  }
}
