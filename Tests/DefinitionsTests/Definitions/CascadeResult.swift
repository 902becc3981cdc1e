import Dialects
import Events
import Plan
import SQLQuoting

@testable import PostgresOracle
@testable import SQLFrontend

/// Results of one kind over another aggregate's rows, as the catalogue of the generator has them.
struct CascadeResult: Sendable {
  /// A result of the first aggregate, as SQL names it.
  struct First {
    var name: String
    var type: SQLType
  }

  /// Of what results of the first one they are made; empty: of its keys.
  var functions: [AccumulatorPlan.Function]
  private let make: @Sendable (inout DefinitionGenerator, [First]) -> RandomDefinition.Result?

  var isOfKeys: Bool { functions.isEmpty }

  func result(_ generator: inout DefinitionGenerator, _ first: AggregatePlan) -> RandomDefinition.Result? {
    make(&generator, first.results(of: functions))
  }

  static let all: [CascadeResult] = [
    CascadeResult(of: [.count, .sum], { call(&$0, ["sum"], $1) }),
    CascadeResult(of: [.count, .sum], { call(&$0, ["sum"], $1) }),
    CascadeResult(of: [.min], { call(&$0, ["min"], $1) }),
    CascadeResult(of: [.max], { call(&$0, ["max"], $1) }),
    CascadeResult(of: [.boolAnd], { call(&$0, ["bool_and", "every"], $1) }),
    CascadeResult(of: [.boolOr], { call(&$0, ["bool_or"], $1) }),
    // Of doubles the last digits depend on the order.
    CascadeResult(of: [.count, .sum]) { generator, all in
      let exact = all.filter { $0.type != .doublePrecision }
      guard !exact.isEmpty else { return nil }
      let (a, b) = (generator.random.pick(exact).name, generator.random.pick(exact).name)
      return RandomDefinition.Result(
        call: generator.pick(["sum(\(a)) / nullif(sum(\(b)), 0)", "sum(\(a)) - sum(\(b))", "coalesce(sum(\(a)), 0)"]),
        filter: nil, arguments: [])
    },
    CascadeResult(of: []) { generator, _ in
      generator.call(["min", "max"]) { $0.type.isOrdered || $0.type == .uuid }
    },
    CascadeResult(of: []) { generator, _ in generator.call(["bool_and", "bool_or"]) { $0.type == .boolean } },
    CascadeResult(of: []) { generator, _ in generator.call(["approx_count_distinct"], where: \.isScalar) },
  ]

  private init(
    of functions: [AccumulatorPlan.Function],
    _ make: @escaping @Sendable (inout DefinitionGenerator, [First]) -> RandomDefinition.Result?
  ) {
    self.functions = functions
    self.make = make
  }

  private static func call(
    _ generator: inout DefinitionGenerator, _ functions: [String], _ results: [First]
  ) -> RandomDefinition.Result? {
    let first = generator.random.pick(results)
    return generator.result(
      "\(generator.pick(functions))(\(first.name)\(first.type == .text ? " COLLATE \"C\"" : ""))", of: [])
  }
}

extension AggregatePlan {
  /// The results that are made by one of the functions, and the parts of means among them.
  func results(of functions: [AccumulatorPlan.Function]) -> [CascadeResult.First] {
    shownColumns.compactMap { column in
      guard case .accumulator(let index) = column.role, functions.contains(accumulators[index].function) else {
        return nil
      }
      return CascadeResult.First(name: quotedIdentifier(column.name), type: column.type)
    }
  }
}
