/// What `streampulse verify --recount` found.
public struct RecountReport: Sendable {
  /// One aggregate's rows against those that Postgres computed of the same records.
  public struct Aggregate: Sendable {
    public var name: String
    /// Rows and windows that were compared.
    public var rows = 0
    public var windows = 0
    /// A line for each value that differs, at most a hundred.
    public var differences: [String] = []
    public var differenceCount = 0
    /// Windows that were not judged, and why, a line each.
    public var skipped: [String] = []

    /// Differences that changes of reference data explain are no faults: an event was counted with the row that was there
    /// when it was processed, and Postgres joins the row that is there now.
    mutating func excuseChangedTables(_ tables: [String]) {
      guard let first = differences.first, !tables.isEmpty else { return }
      let names = Set(tables).sorted().joined(separator: ", ")
      skipped.append(
        "\(differenceCount) values differ, the first of them: \(first); rows of \(names) without a validity count as they "
          + "were when events were processed, and may have changed since")
      differences = []
      differenceCount = 0
    }
  }

  /// Records that were read again.
  public var records = 0
  public var aggregates: [Aggregate] = []
  /// Where the topic contradicts the ledger, a line each, at most a hundred.
  public var contradictions: [String] = []

  public var differenceCount: Int { aggregates.reduce(0) { $0 + $1.differenceCount } }
  public var holds: Bool { differenceCount == 0 && contradictions.isEmpty }
}
