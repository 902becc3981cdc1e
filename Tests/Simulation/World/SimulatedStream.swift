import Avro
import Events
import Formats
import Plan

/// A stream of the simulation: small events, an aggregate that takes late events, one that drops them, one whose windows
/// overlap, one that is joined with a table of reference data, one of sessions, and one over the rows of the first.
///
/// All have the keys and measures that the checker can recompute: rows, the sum of whole numbers, which doubles add without
/// rounding in whatever order, and sketches, whose states merge exactly. In windows and filters the streams differ, so that a row of one is none of another.
struct SimulatedStream: CustomStringConvertible {
  /// The first two read one topic, the third another. A schedule has the first so many of them.
  static let all = [
    SimulatedStream(
      number: 0, name: "first", topic: .avro, windows: [60, 10, 45, 20], slides: [60, 10, 15, 20], gap: 2,
      maximum: nil, threshold: 3),
    SimulatedStream(
      number: 1, name: "second", topic: .avro, windows: [30, 20, 30, 6], slides: [30, 20, 20, 2], gap: 4, maximum: 15,
      threshold: 5),
    SimulatedStream(
      number: 2, name: "third", topic: .json, windows: [60, 12, 60, 30], slides: [60, 12, 20, 30], gap: 1,
      maximum: 10, threshold: 2),
  ]

  /// Of the aggregates, takes every event whenever it comes.
  static let revising = 0
  /// Takes events with a value of at least `threshold`, until their window is late.
  static let dropping = 1
  /// Takes every event into windows that overlap: its rows are panes.
  static let hopping = 2
  /// Takes the events whose key has a group when they happen. Its own key is the group.
  static let joining = 3
  /// Takes every event into sessions, which late events lengthen and join.
  static let visiting = 4
  /// Reads the rows of `revising`: of even keys and of odd ones, in windows of twice the length.
  static let rolling = 5
  static let aggregateCount = 6

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
  private(set) var plan: StreamPlan

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
    plan.aggregates.insert(joined, at: SimulatedStream.joining)
    plan.aggregates.append(rolledUp)
  }

  /// Of inner joins.
  private var joined: AggregatePlan {
    let join = JoinPlan(
      reference: SimulatedGroups.reference, alias: "groups", isOuter: false, keys: [.column(1, .integer)])
    let time = Expression.column(0, .timestamptz)
    let (size, slide) = (windows[SimulatedStream.joining], slides[SimulatedStream.joining])
    var plan = SimulatedStream.aggregate(
      "\(name)_joining", filter: join.isMatched(eventTime: time),
      window: size == slide
        ? .tumble(sizeMicroseconds: size) : .hop(slideMicroseconds: slide, sizeMicroseconds: size),
      late: .revise)
    plan.joins = [join]
    plan.keys[0].expression = join.value(SimulatedGroups.group, eventTime: time)
    return plan
  }

  /// As the front end composes it: fed by the events.
  private var rolledUp: AggregatePlan {
    let first = plan.aggregates[SimulatedStream.revising]
    let two = Expression.literal(.integer(2, .integer))
    var plan = SimulatedStream.aggregate(
      "\(name)_rolling", filter: nil, window: .tumble(sizeMicroseconds: rolledWindow), late: .revise)
    plan.keys[0].expression = .arithmetic(.modulo, .column(1, .integer), two)
    plan.accumulators = [
      AccumulatorPlan(
        function: .sum, argument: .literal(.integer(1, .bigint)), filter: nil, column: "events",
        type: .numeric(scale: 0), comment: ""),
      plan.accumulators[1],
    ]
    var read = plan.accumulators
    read[0].argument = .column(1, .bigint)
    plan.source = .cascade(
      Cascade(
        first: first, columns: ["key", "events", "total"],
        keys: [.arithmetic(.modulo, .column(0, .integer), two)], accumulators: read))
    return plan
  }

  private var rolledWindow: Int64 { 2 * windows[SimulatedStream.revising] }

  /// Where a row of `revising` belongs in `rolling`.
  func rolledUp(_ row: SimulatedTables.RowKey) -> SimulatedTables.RowKey {
    SimulatedTables.RowKey(window: row.window - row.window % rolledWindow, key: row.key % 2)
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
