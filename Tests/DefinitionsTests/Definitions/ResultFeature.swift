import Events

@testable import PostgresOracle
@testable import SQLFrontend

/// Results of one kind, as the catalogue of the generator has them.
struct ResultFeature: Sendable {
  var name: String
  /// nil where the stream has nothing for it.
  var result: @Sendable (inout DefinitionGenerator) -> RandomDefinition.Result?

  /// What is there more than once is that much more frequent.
  static let all: [ResultFeature] = [
    ResultFeature(name: "count of rows") { $0.result("count(*)", of: []) },
    ResultFeature(name: "count") { $0.call(["count"]) { _ in true } },
    ResultFeature(name: "sum") { $0.call(["sum"]) { $0.isSummable } },
    ResultFeature(name: "sum") { $0.call(["sum"]) { $0.isSummable && !$0.isPlain } },
    ResultFeature(name: "mean") { $0.call(["avg"]) { $0.isSummable } },
    ResultFeature(name: "extremes") { $0.call(["min", "max"]) { $0.type.isOrdered || $0.type == .uuid } },
    ResultFeature(name: "extremes of texts") { generator in
      guard let text = generator.expression(where: { $0.type == .text }) else { return nil }
      return generator.result("\(generator.pick(["min", "max"]))(\(text.text) COLLATE \"C\")", of: [text.text])
    },
    ResultFeature(name: "booleans") { $0.call(["bool_and", "bool_or", "every"]) { $0.type == .boolean } },
    ResultFeature(name: "spreads") { generator in
      generator.call(["var_pop", "var_samp", "variance", "stddev_pop", "stddev_samp", "stddev"]) { $0.isSummable }
    },
    ResultFeature(name: "pairs") { generator in
      guard let first = generator.expression(where: \.isSummable),
        let second = generator.expression(where: \.isSummable)
      else { return nil }
      return generator.result(
        "\(generator.pick(["corr", "regr_slope"]))(\(first.text), \(second.text))", of: [first.text, second.text])
    },
    ResultFeature(name: "distinct values") { generator in
      generator.call(["approx_count_distinct"], where: \.isScalar)
    },
    ResultFeature(name: "percentiles") { generator in
      guard let argument = generator.expression(where: \.isSummable) else { return nil }
      let fraction = generator.pick(["0", "0.1", "0.5", "0.95", "1"])
      return generator.result(
        "\(generator.pick(["percentile_cont", "percentile_disc"]))(\(fraction)) WITHIN GROUP (ORDER BY \(argument.text))",
        of: [argument.text])
    },
    ResultFeature(name: "percentiles at several fractions") { generator in
      guard let argument = generator.expression(where: \.isSummable) else { return nil }
      let name = generator.pick(["percentile_cont", "percentile_disc"])
      return generator.result(
        "\(name)(ARRAY[0, 0.5, 0.9]) WITHIN GROUP (ORDER BY \(argument.text))", of: [argument.text])
    },
    ResultFeature(name: "the first and the last") { generator in
      guard let argument = generator.expression(where: { picked($0.type) }) else { return nil }
      return generator.result("\(generator.pick(["first", "last"]))(\(collated(argument)))", of: [argument.text])
    },
    ResultFeature(name: "the most frequent") { generator in
      guard let argument = generator.expression(where: { picked($0.type) && $0.type != .doublePrecision }) else {
        return nil
      }
      let value = collated(argument)
      return generator.result(
        generator.pick(["mode() WITHIN GROUP (ORDER BY \(value))", "approx_top_k(\(value), 3)"]), of: [argument.text])
    },
    ResultFeature(name: "a histogram") { generator in
      guard let argument = generator.expression(where: \.isSummable) else { return nil }
      return generator.result("histogram(\(argument.text), ARRAY[-10, 0, 2.5, 1000])", of: [argument.text])
    },
    ResultFeature(name: "arithmetic of results") { generator in
      computed(&generator) { tame, _ in
        [
          "sum(\(tame)) / count(*)", "sum(\(tame)) - min(\(tame))", "max(\(tame)) - min(\(tame))",
          "avg(\(tame)) * 2", "count(*) - count(\(tame))", "sum(\(tame)) / nullif(count(\(tame)), 0)", "- sum(\(tame))",
        ]
      }
    },
    ResultFeature(name: "functions of results") { generator in
      computed(&generator) { tame, other in
        [
          "round(avg(\(tame)))", "coalesce(sum(\(tame)), 0)", "greatest(max(\(tame)), min(\(tame)))",
          "CASE WHEN count(*) > 2 THEN sum(\(tame)) ELSE min(\(tame)) END",
          "CASE WHEN max(\(tame)) > 3 AND count(\(other)) > 1 THEN 1 ELSE 0 END", "floor(avg(\(tame)))",
          "sum(\(tame)) FILTER (WHERE \(tame) > 1)", "count(\(other)) BETWEEN 1 AND 3",
          "sum(\(tame))::double precision / count(*)",
        ]
      }
    },
    ResultFeature(name: "computed of sketches") { generator in
      guard let argument = generator.expression(where: { $0.type == .text }) else { return nil }
      return RandomDefinition.Result(
        call: "100 * approx_count_distinct(\(argument.text)) / count(*)", filter: nil, arguments: [argument.text])
    },
  ]

  private static func picked(_ type: SQLType) -> Bool {
    type.isOrdered || [SQLType.boolean, .text, .uuid].contains(type)
  }

  private static func collated(_ expression: PooledExpression) -> String {
    expression.type == .text ? "\(expression.text) COLLATE \"C\"" : expression.text
  }

  /// An expression over aggregates of expressions whose sums are exact.
  private static func computed(
    _ generator: inout DefinitionGenerator, _ forms: (_ tame: String, _ other: String) -> [String]
  ) -> RandomDefinition.Result? {
    guard let tame = generator.expression(where: { $0.isTame && $0.isSummable }),
      let other = generator.expression()
    else { return nil }
    let form = Int.random(in: 0..<forms(tame.text, other.text).count, using: &generator.random)
    // A form has one of the two or both.
    let (first, second) = ("\u{1}", "\u{2}")
    let places = forms(first, second)[form]
    let arguments = (places.contains(first) ? [tame.text] : []) + (places.contains(second) ? [other.text] : [])
    return RandomDefinition.Result(call: forms(tame.text, other.text)[form], filter: nil, arguments: arguments)
  }
}
