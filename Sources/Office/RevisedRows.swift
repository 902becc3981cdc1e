/// Rows that were written to since they were read: what late events have changed.
enum RevisedRows {
  /// A transaction that wrote rows may have begun so long before it was committed: rows that were written to less than that
  /// before the last look are looked at again.
  private static let overlapMicroseconds: Int64 = 30_000_000

  /// From when on a change counts, in microseconds since 1970; nil, nothing has been read yet: no change does.
  static func since(_ lookedAt: Int64?) -> Int64 { lookedAt.map { $0 - overlapMicroseconds } ?? Int64.max / 2 }
}
