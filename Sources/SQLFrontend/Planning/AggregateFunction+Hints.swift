import Events
import Spelling

/// What to write instead of what there is not.
extension AggregateFunction {
  /// What to write for an argument of a type that the function does not take.
  static func hint(forArgument type: SQLType, of name: String) -> String? {
    switch type {
    case .doublePrecision where ["mode", "approx_top_k"].contains(name):
      "rounding tells equal numbers apart: cast it to bigint, or to numeric(12, 2)"
    case _ where name == "histogram" && type.isOrdered: "write extract(epoch FROM …), in seconds"
    case .text: "cast it, e.g. …::double precision"
    case .array: "arrays are no values here: take an element, x[1], or a row for each: UNNEST(x) AS item in FROM"
    case .interval: "write its seconds: \(name)(extract(epoch FROM …))"
    case .boolean where name == "min": "write bool_and(…)"
    case .boolean where name == "max": "write bool_or(…)"
    case .boolean where name == "sum": "write count(*) FILTER (WHERE …)"
    case .boolean where name == "avg": "write avg(…::integer)"
    case .jsonb where ["approx_count_distinct", "first", "last", "mode", "approx_top_k"].contains(name):
      "cast it to text"
    case .bytea: "write encode(…, 'hex')"
    case .boolean: "cast it: …::integer"
    case .timestamptz, .timestamp, .date, .time: "write extract(epoch FROM …)"
    case _ where ["bool_and", "bool_or", "every"].contains(name): "compare it with something: … > 0"
    default: "write count(…), which takes every type, or take the value as a key"
    }
  }

  /// Names that Postgres has and we do not, and what to do about it.
  static func hint(forUnknown name: String) -> String {
    switch name {
    case "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random",
      "gen_random_uuid", "nextval", "setseed":
      return "a definition must give the same rows whenever it runs, and \(name)() does not"
    case _ where WindowCall.names.contains(name): return "\(name)(…) stands in GROUP BY, and alone in SELECT"
    case "median": return "write percentile_cont(0.5) WITHIN GROUP (ORDER BY …)"
    case "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_sxx",
      "regr_sxy", "regr_syy":
      return "\(name) is not supported yet; of pairs there are corr and regr_slope"
    case "first_value": return "write first(…)"
    case "last_value": return "write last(…)"
    case "arg_max", "max_by": return "write last(…) for the value of the latest event"
    case "arg_min", "min_by": return "write first(…) for the value of the earliest event"
    case "bit_and", "bit_or", "bit_xor", "any_value": return "\(name) is not supported yet; aggregates are \(names)"
    case "rank", "dense_rank", "percent_rank", "cume_dist":
      return "\(name) needs all values of the group at once; write a percentile: percentile_cont(0.5) …"
    case "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg":
      return "\(name) would keep every event of the group"
    default:
      let nearest = nearestSpelling(
        of: name, among: catalogue.map(\.name) + ["tumble", "hop", "session", "coalesce", "nullif"])
      return nearest.map { "did you mean \($0)?" } ?? "aggregates are \(names); windows are tumble, hop and session"
    }
  }

  private static var names: String { catalogue.map(\.name).joined(separator: ", ") }
}
