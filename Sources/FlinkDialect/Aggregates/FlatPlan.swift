import Dialects
import Events
import Plan
import SQLQuoting

/// An aggregate whose stored states only our engine can make, with the results that Flink computes by functions of its own
/// in their places: its rows are in a plain table beside, and the view of the aggregate's name reads both.
struct FlatPlan {
  /// A result that is read from such states.
  struct Result {
    var column: String
    var estimate: Estimate
    /// The state's arguments are those of the last of these, of the plan as it is.
    var parts: [Int]
  }

  /// The plan of the plain table, `NAME_flink`.
  private(set) var plan: AggregatePlan
  /// What its accumulators are: of the plan as it is, or results.
  private(set) var sources: [Source] = []

  enum Source {
    case accumulator(Int)
    case result(Result)
  }

  init(_ original: AggregatePlan) {
    plan = original
    plan.name = "\(original.name)_flink"
    plan.accumulators = []
    plan.having = nil
    if case .hop(_, let size) = original.window { plan.window = .tumble(sizeMicroseconds: size) }
    var places: [Int: Int] = [:]
    for (index, output) in original.outputs.enumerated() {
      switch output.source {
      case .accumulator(let part): plan.outputs[index].source = .accumulator(keep(part, of: original, &places))
      case .derived(var derived):
        let isLone = derived.expression == .column(0, derived.type) && derived.parts.count == 1
        for (number, part) in derived.parts.enumerated() {
          switch part {
          case .key: break
          case .accumulator(let part): derived.parts[number] = .accumulator(keep(part, of: original, &places))
          case .mean(let sum, let count):
            derived.parts[number] = .mean(
              sum: keep(sum, of: original, &places), count: keep(count, of: original, &places))
          case .estimate(let estimate, let parts):
            guard parts.contains(where: { original.accumulators[$0].isOpaque }) else {
              derived.parts[number] = .estimate(estimate, of: parts.map { keep($0, of: original, &places) })
              continue
            }
            let column = isLone ? output.name : "\(output.name)_\(number + 1)"
            let type = Self.type(of: number, in: derived.expression) ?? derived.type
            derived.parts[number] = .accumulator(
              add(
                AccumulatorPlan(
                  function: .max, argument: nil, filter: nil, column: column, type: type,
                  comment: "Part of \(output.name), as Flink computes it."),
                .result(Result(column: column, estimate: estimate, parts: parts))))
          }
        }
        if isLone, case .accumulator(let place) = derived.parts[0] {
          plan.outputs[index].source = .accumulator(place)
        } else {
          plan.outputs[index].source = .derived(derived)
        }
      case .key, .windowStart, .windowEnd: break
      }
    }
  }

  private mutating func add(_ accumulator: AccumulatorPlan, _ source: Source) -> Int {
    plan.accumulators.append(accumulator)
    sources.append(source)
    return plan.accumulators.count - 1
  }

  private mutating func keep(_ index: Int, of original: AggregatePlan, _ places: inout [Int: Int]) -> Int {
    if let place = places[index] { return place }
    var accumulator = original.accumulators[index]
    accumulator.companions = []
    let place = add(accumulator, .accumulator(index))
    places[index] = place
    return place
  }

  /// The type of a part, as the expression over the parts has it.
  private static func type(of part: Int, in expression: Expression) -> SQLType? {
    if case .column(part, let type) = expression { return type }
    return expression.children.lazy.compactMap { Self.type(of: part, in: $0) }.first
  }

  /// What the database needs beside the migrated tables, to be run once by their owner.
  ///
  /// - Parameter original: the aggregate, whose view keeps its columns, its readers and its rights.
  func postgresStatements(instead original: AggregatePlan) -> [String] {
    let table = ResultTable(plan)
    guard let view = ResultView(original) else { return [] }
    let columns = view.columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    let same =
      (["f.window_start = former.window_start"]
      + original.keys.map { key in
        let name = quotedIdentifier(key.name)
        return "f.\(name) IS NOT DISTINCT FROM former.\(name)"
      }).joined(separator: " AND ")
    return table.createStatements + [
      """
      CREATE OR REPLACE VIEW \(view.reference) AS
      SELECT \(columns) FROM \(table.reference)
      UNION ALL
      SELECT \(columns) FROM (
      \(view.allGroups(pulse: "pulse"))
      ) AS former
      WHERE NOT EXISTS (SELECT FROM \(table.reference) AS f WHERE \(same))
      """
    ]
  }

  /// What takes that back: the view reads what the engine stores, and nothing else.
  func statementsBack(to original: AggregatePlan) -> [String] {
    guard let view = ResultView(original) else { return [] }
    return [
      "CREATE OR REPLACE VIEW \(view.reference) AS\n\(view.allGroups(pulse: "pulse"))",
      "DROP TABLE \(ResultTable(plan).reference)",
    ]
  }
}
