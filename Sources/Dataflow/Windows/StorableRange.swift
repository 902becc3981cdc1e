import Events

extension SQLType {
  /// The values that Postgres can store, where it cannot store all that the engine can hold; nil: all.
  ///
  /// A value beyond would make the transaction fail, and every repetition of it.
  public var storableRange: ClosedRange<Int64>? {
    switch self {
    // From 4714-11-24 BC, and without the greatest Int64, which Postgres takes for infinity.
    case .timestamptz, .timestamp: -210_866_803_200_000_000...(.max - 1)
    // From 4714-11-24 BC to AD 5874897-12-31.
    case .date: -2_440_588...2_145_042_905
    case .time: 0...86_400_000_000
    default: nil
    }
  }
}
