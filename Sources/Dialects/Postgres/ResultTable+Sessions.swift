import Events
import Plan
import SQLQuoting

/// Sessions are no rows that add up one by one: what a flush brings may lengthen a stored session, begin one earlier, or join
/// two. One statement does all of it, for all of the flush's keys at once:
///
/// - `touched` are the stored sessions that the flush may overlap, found by the index of the keys;
/// - `swallowed` are those of them that do not begin their session any more. They are deleted, and come back with their
///   states;
/// - what the flush brings and what was swallowed is merged into a row for each session, and added to the stored row that
///   begins it, if there is one, as every upsert does.
///
/// Sessions of a key never overlap. Two of these statements for the same key may not run at the same time, since neither
/// sees what the other inserts: whoever runs them takes the key's lock before, in a statement of its own, because this
/// one's snapshot must be younger. Retention may run beside it: it deletes rows and counts their events, and what it has
/// deleted does not come back from here.
extension ResultTable {
  /// The parameters are those of `upsertStatement`.
  var sessionMerge: String {
    // Names that no definition has.
    let own = { (name: String) in quotedIdentifier("streampulse \(name)") }
    let (place, low, high, reached) = (own("place"), own("low"), own("high"), own("reached"))
    let (isSwallowed, isNew, sessionStart) = (own("swallowed"), own("new"), own("session"))
    let keys = plan.keys.map { quotedIdentifier($0.name) }
    let states = plan.accumulators.map { quotedIdentifier($0.column) }
    let arrays = upsertParameterTypes.enumerated().map { "$\($0 + 1)::\($1.sqlName)[]" }
    let identityList = identity.map(quotedIdentifier).joined(separator: ", ")
    let list = { (items: [String]) in items.joined(separator: ", ") }
    let all = { (conditions: [String]) in conditions.joined(separator: " AND ") }
    let byKeys = keys.isEmpty ? "" : "PARTITION BY \(list(keys)) "
    // What precedes a row's beginning: of rows that begin together, all are beginnings or none is.
    let reach =
      "max(window_end) OVER (\(byKeys)ORDER BY window_start GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    let collatedKeys = plan.keys.map { "d.\(collated($0)) AS \(quotedIdentifier($0.name))" }
    let deltas = zip(plan.accumulators, states).map { "\($0.deltaSQL) AS \($1)" }
    let noStates = plan.accumulators.map { "NULL::\($0.type.sqlName)" }
    let merged = plan.accumulators.map { $0.mergeAggregateSQL(in: plan) }
    let updates =
      ["window_end = GREATEST(t.window_end, excluded.window_end)"]
      + plan.accumulators.map { "\(quotedIdentifier($0.column)) = \($0.mergeSQL(in: plan))" } + ["updated_at = now()"]
    return """
      WITH delta AS MATERIALIZED (
        SELECT \(list(["d.window_start", "d.window_end"] + collatedKeys + deltas))
        FROM unnest(\(list(arrays))) AS d(\(list(["window_start", "window_end"] + keys + states)))
      ), reach AS (
        SELECT \(list(keys + ["min(window_start) AS \(low)", "max(window_end) AS \(high)"]))
        FROM delta\(keys.isEmpty ? "" : " GROUP BY \(list(keys))")
      ), touched AS MATERIALIZED (
        SELECT \(list(["found.\(place)", "found.window_start", "found.window_end"] + keys.map { "r.\($0)" }))
        FROM reach AS r CROSS JOIN LATERAL (
          SELECT t.ctid AS \(place), t.window_start, t.window_end
          FROM \(reference) AS t
          WHERE \(all(conditions(of: "t") + ["t.window_start < r.\(high)", "t.window_end > r.\(low)"]))
            AND t.window_start >= coalesce((
              SELECT p.window_start FROM \(reference) AS p
              WHERE \(all(conditions(of: "p") + ["p.window_start <= r.\(low)"]))
              ORDER BY p.window_start DESC LIMIT 1), r.\(low))
          OFFSET 0
        ) AS found
      ), beginnings AS MATERIALIZED (
        SELECT *, window_start < \(reach) AS \(isSwallowed)
        FROM (
          SELECT \(list([place, "window_start", "window_end"] + keys)) FROM touched
          UNION ALL SELECT \(list(["NULL::tid", "window_start", "window_end"] + keys)) FROM delta
        ) AS pieces
      ), swallowed AS (
        DELETE FROM \(reference) AS t
        WHERE t.ctid = ANY (ARRAY(SELECT \(place) FROM beginnings WHERE \(place) IS NOT NULL AND \(isSwallowed)))
        RETURNING \(list((["window_start", "window_end"] + keys + states).map { "t.\($0)" }))
      ), pieces AS (
        SELECT *, true AS \(isNew) FROM delta
        UNION ALL SELECT *, true FROM swallowed
        UNION ALL SELECT \(list(["window_start", "window_end"] + keys + noStates + ["false"]))
        FROM beginnings WHERE \(place) IS NOT NULL AND \(isSwallowed) IS NOT TRUE
      ), sessions AS (
        SELECT *, max(window_start) FILTER (WHERE \(reached) IS NULL OR window_start >= \(reached))
                    OVER (\(byKeys)ORDER BY window_start) AS \(sessionStart)
        FROM (SELECT *, \(reach) AS \(reached) FROM pieces) AS p
      )
      INSERT INTO \(reference) AS t (\(list([identityList, "window_end"] + states)))
      SELECT \(list(["s.\(sessionStart)"] + keys.map { "s.\($0)" } + ["max(s.window_end)"] + merged))
      FROM sessions AS s WHERE s.\(isNew)
      GROUP BY \(list(["s.\(sessionStart)"] + keys.map { "s.\($0)" }))
      ORDER BY \(list(["s.\(sessionStart)"] + keys.map { "s.\($0)" }))
      ON CONFLICT (\(identityList)) DO UPDATE SET
        \(updates.joined(separator: ",\n  "))
      """
  }

  /// The index by which a key's sessions are found: the primary key begins with the time. Without keys, that is enough.
  var sessionIndex: String? {
    guard plan.window.isSession, !plan.keys.isEmpty else { return nil }
    let columns = plan.keys.map(comparable) + ["window_start"]
    return "CREATE INDEX ON \(reference) (\(columns.joined(separator: ", ")))"
  }

  /// That a row of the alias has the keys of `r`.
  private func conditions(of alias: String) -> [String] {
    plan.keys.map { key in
      let (column, other) = ("\(alias).\(quotedIdentifier(key.name))", "r.\(collated(key))")
      return key.isNullable ? "ARRAY[\(column)] = ARRAY[\(other)]" : "\(column) = \(other)"
    }
  }

  /// The key as the index has it. NULL equals itself only within an array.
  private func comparable(_ key: KeyColumn) -> String {
    let name = quotedIdentifier(key.name)
    return key.isNullable ? "(ARRAY[\(name)])" : name
  }

  private func collated(_ key: KeyColumn) -> String {
    quotedIdentifier(key.name) + (key.type == .text ? " COLLATE \"C\"" : "")
  }
}
