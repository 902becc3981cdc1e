import Events
import SQLFrontend

@testable import PostgresOracle

/// Makes definitions over one stream, of what the catalogues of features have: `WindowFeature.all`, `ResultFeature.all`,
/// `ClauseFeature.all`. Another part of the language is another entry there.
struct DefinitionGenerator {
  let stream: RandomStream
  let pool: ExpressionPool
  /// How long the events take, in microseconds.
  let span: Int64
  var random: RandomValues

  var eventTime: String { stream.time.column.name }

  mutating func definition(named name: String) -> RandomDefinition {
    var window = random.pick(WindowFeature.all).call(&self)
    while window == nil { window = random.pick(WindowFeature.all).call(&self) }
    var definition = RandomDefinition(name: name, window: window ?? "")
    for feature in ClauseFeature.all where Int.random(in: 0..<100, using: &random) < feature.percent {
      feature.add(&self, &definition)
    }
    let names = Self.names.shuffled(using: &random)
    let count = Int.random(in: 1...7, using: &random)
    while definition.results.count < count {
      guard var result = random.pick(ResultFeature.all).result(&self) else { continue }
      result.name = names[definition.results.count]
      definition.results.append(result)
    }
    return definition
  }

  private static let names = ["r1", "total", "Größe", "select", "r 5", "n\"6", "r7", "value"]

  // MARK: What features are made of

  mutating func pick(_ values: [String]) -> String { random.pick(values) }

  /// An expression that satisfies the condition; nil when there is none.
  mutating func expression(where isWanted: (PooledExpression) -> Bool = { _ in true }) -> PooledExpression? {
    pool.pick(&random, where: isWanted)
  }

  mutating func condition() -> String? { pool.condition(&random) }

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
