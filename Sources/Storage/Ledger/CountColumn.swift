import Plan

extension AggregatePlan {
  /// The column of a `count(*)` without a filter, which counts every event of the row; with UNNEST, every row that events have
  /// become.
  package var countColumn: String? {
    accumulators.first { $0.function == .count && $0.argument == nil && $0.filter == nil }?.column
  }

  /// How much such a column has to hold in all, as the books say it of the aggregate `$1`: NULL where they do not.
  ///
  /// - Parameter pulse: the schema of the books.
  package func countedSQL(_ pulse: String) -> String {
    let letters = "SELECT FROM \(pulse).replayed_letters WHERE aggregate = $1 AND outcome = 'aggregated'"
    // Replayed letters that retention has removed, too.
    let forgotten = "SELECT events FROM \(pulse).forgotten_replays WHERE aggregate = $1"
    // How many rows they have become is written nowhere.
    let ofLetters =
      unnest == nil
      ? "((SELECT count(*) FROM (\(letters)) AS letters) + coalesce((\(forgotten)), 0))"
      : "CASE WHEN EXISTS (\(letters)) OR EXISTS (\(forgotten)) THEN NULL ELSE 0 END"
    let counted = unnest == nil ? "aggregated" : "rows"
    return """
      (coalesce((SELECT sum(\(counted)) FROM \(pulse).ledger_counts WHERE aggregate = $1), 0)
         + coalesce((SELECT sum(events) FROM \(pulse).replays WHERE aggregate = $1), 0)
         + \(ofLetters)
         - (SELECT CASE WHEN count(*) = 0 THEN 0 ELSE max(events) END FROM \(pulse).retired WHERE aggregate = $1))
      """
  }
}
