import Events

@testable import PostgresOracle

/// A clause beside windows and results, as the catalogue of the generator has it.
struct ClauseFeature: Sendable {
  var name: String
  /// How many of a hundred definitions have it.
  var percent: Int
  /// Whether definitions over other aggregates' rows have it.
  var isForCascades = true
  var add: @Sendable (inout DefinitionGenerator, inout RandomDefinition) -> Void

  static let all: [ClauseFeature] = [
    ClauseFeature(name: "WHERE", percent: 40) { generator, definition in
      definition.filter = generator.condition { !$0.isDaring }
    },
    ClauseFeature(name: "WHERE that may fail", percent: 15, isForCascades: false) { generator, definition in
      // Of what is not the stream's own rows Postgres may ask it of events that the rest of FROM leaves out.
      if generator.reading.isOfEvents { definition.filter = generator.condition() }
    },
    ClauseFeature(name: "WHERE of several conditions", percent: 15) { generator, definition in
      let plain = generator.reading.source.columns.map { "\($0.column.name) IS \(generator.pick(["", "NOT "]))NULL" }
      guard !plain.isEmpty else { return }
      let two = (generator.random.pick(plain), generator.random.pick(plain))
      definition.filter = "\(two.0) \(generator.pick(["AND", "OR"])) \(two.1)"
    },
    ClauseFeature(name: "keys that are columns", percent: 50) { generator, definition in
      key(&generator, &definition) { $0.isPlain }
    },
    ClauseFeature(name: "keys that are expressions", percent: 60) { generator, definition in
      key(&generator, &definition) { !$0.isPlain }
    },
    ClauseFeature(name: "a further key", percent: 30) { generator, definition in
      key(&generator, &definition) { _ in true }
    },
    ClauseFeature(name: "a key that only GROUP BY has", percent: 10) { generator, definition in
      key(&generator, &definition) { $0.isPlain }
      // It is called like the column.
      guard let last = definition.keys.indices.last, !definition.keys[last].expression.contains("(") else { return }
      definition.keys[last].mention = .unselected
    },
    ClauseFeature(name: "the window in SELECT", percent: 15) { generator, definition in
      definition.windowName = generator.pick(["w", "window_start", "Fenster"])
    },
    ClauseFeature(name: "late events are taken", percent: 10, isForCascades: false) { _, definition in
      definition.lateness.policy = "revise"
    },
    ClauseFeature(name: "late events are not taken", percent: 20, isForCascades: false) { generator, definition in
      definition.lateness.policy = generator.pick(["drop", "dead_letter"])
      if generator.random.chance(2) { definition.lateness.allowedSeconds = length(&generator, 5...50) }
    },
    ClauseFeature(name: "retention", percent: 10) { generator, definition in
      definition.lateness.retentionSeconds = max(length(&generator, 2...20), 1)
    },
    ClauseFeature(name: "HAVING", percent: 25, isForCascades: false) { generator, definition in
      definition.having = having(&generator)
    },
  ]

  /// Seconds of which the events take so many.
  private static func length(_ generator: inout DefinitionGenerator, _ parts: ClosedRange<Int>) -> Int {
    Int(generator.span / 1_000_000) / Int.random(in: parts, using: &generator.random)
  }

  private static func key(
    _ generator: inout DefinitionGenerator, _ definition: inout RandomDefinition,
    where isWanted: (PooledExpression) -> Bool
  ) {
    // The window has the event time already.
    let taken = definition.keys.map(\.expression) + [generator.reading.eventTime]
    let found = generator.expression {
      isWanted($0) && $0.isScalar && $0.type != .doublePrecision && !taken.contains($0.text)
    }
    guard let found else { return }
    definition.keys.append(
      RandomDefinition.Key(
        expression: found.text, name: "k\(definition.keys.count + 1)",
        mention: generator.random.pick([.expression, .position, .alias]), isDaring: found.isDaring))
  }

  private static func having(_ generator: inout DefinitionGenerator) -> RandomDefinition.Result? {
    guard let tame = generator.expression(where: { $0.isTame && $0.isSummable }) else { return nil }
    // A name of one letter would be found in any word.
    let place = "\u{1}"
    let form = generator.pick([
      "count(*) > 1", "count(\(place)) < 4", "sum(\(place)) >= 0", "max(\(place)) > min(\(place))",
      "count(*) > 1 AND avg(\(place)) < 5", "NOT max(\(place)) > 3", "sum(\(place)) IS NULL",
      "count(*) FILTER (WHERE \(place) > 0) = 1 OR count(*) = 1",
    ])
    return RandomDefinition.Result(
      call: form.replacing(place, with: tame.text), filter: nil, arguments: form.contains(place) ? [tame.text] : [])
  }
}
