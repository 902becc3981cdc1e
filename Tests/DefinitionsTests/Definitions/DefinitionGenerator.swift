import Events
import SQLFrontend

@testable import PostgresOracle

/// Makes definitions over one stream, of what the catalogues of features have: `FromFeature.all`, `WindowFeature.all`,
/// `ResultFeature.all`, `ClauseFeature.all`, and of aggregates' rows `CascadeResult.all`. Another part of the language is
/// another entry there.
struct DefinitionGenerator {
  let stream: RandomStream
  let parsed: ParsedStream
  /// The events as they are.
  let events: Reading
  /// When the events are, in microseconds since 1970.
  let times: ClosedRange<Int64>
  var random: RandomValues
  /// Tables that definitions are joined with.
  var references: [RandomReference] = []
  /// Of the definition that is being made.
  private(set) var reading: Reading
  /// What the definitions so far read, by their names.
  private(set) var readings: [String: RowSource] = [:]

  init(_ stream: RandomStream, _ parsed: ParsedStream, _ events: RandomEvents, random: RandomValues) {
    self.stream = stream
    self.parsed = parsed
    var random = random
    let source = RowSource(stream, events.events)
    let pool = ExpressionPool(source, &random)
    self.random = random
    self.events = Reading(
      from: FromClause(relation: stream.name), source: source, pool: pool, eventTime: stream.time.column.name)
    reading = self.events
    let times = source.rows.compactMap { row in if case .integer(let time)? = row[0] { time } else { nil } }
    self.times = (times.min() ?? 0)...(times.max() ?? 0)
    span = events.span
  }

  /// How long the events take, in microseconds.
  let span: Int64

  /// - Parameter earlier: definitions whose rows it may read.
  mutating func definition(named name: String, after earlier: [RandomDefinition]) -> RandomDefinition {
    if random.chance(5), let cascade = cascade(named: name, over: earlier) { return cascade }
    var found: Reading?
    while found == nil { found = random.pick(FromFeature.all).reading(&self) }
    reading = found ?? events
    var window = random.pick(WindowFeature.all).window(&self)
    while window == nil { window = random.pick(WindowFeature.all).window(&self) }
    var definition = RandomDefinition(
      name: name, from: reading.from,
      window: window ?? RandomDefinition.Window(function: "tumble", time: reading.eventTime, arguments: []))
    complete(&definition, with: ClauseFeature.all) { $0.random.pick(ResultFeature.all).result(&$0) }
    return definition
  }

  mutating func complete(
    _ definition: inout RandomDefinition, with clauses: [ClauseFeature],
    _ result: (inout DefinitionGenerator) -> RandomDefinition.Result?
  ) {
    for feature in clauses where Int.random(in: 0..<100, using: &random) < feature.percent {
      feature.add(&self, &definition)
    }
    let names = Self.names.shuffled(using: &random)
    let count = Int.random(in: 1...7, using: &random)
    while definition.results.count < count {
      guard var result = result(&self) else { continue }
      result.name = names[definition.results.count]
      definition.results.append(result)
    }
    readings[definition.name] = reading.source
  }

  private static let names = ["r1", "total", "Größe", "select", "r 5", "n\"6", "r7", "value"]

  // MARK: What features are made of

  mutating func read(_ reading: Reading) { self.reading = reading }

  mutating func pick(_ values: [String]) -> String { random.pick(values) }

  /// An expression that satisfies the condition; nil when there is none.
  mutating func expression(where isWanted: (PooledExpression) -> Bool = { _ in true }) -> PooledExpression? {
    reading.pool.pick(&random, where: isWanted)
  }

  mutating func condition(where isWanted: (PooledExpression) -> Bool = { _ in true }) -> String? {
    reading.pool.condition(&random, where: isWanted)
  }

  /// A call of an aggregate function of one argument.
  mutating func call(_ names: [String], where isWanted: (PooledExpression) -> Bool) -> RandomDefinition.Result? {
    guard let argument = expression(where: isWanted) else { return nil }
    return result("\(random.pick(names))(\(argument.text))", of: [argument.text])
  }

  /// With a FILTER, one time in three.
  mutating func result(_ call: String, of arguments: [String]) -> RandomDefinition.Result {
    RandomDefinition.Result(call: call, filter: random.chance(3) ? condition() : nil, arguments: arguments)
  }
}
