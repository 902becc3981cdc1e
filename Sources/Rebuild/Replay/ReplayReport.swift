/// What a replay has done.
public struct ReplayReport: Sendable {
  public var aggregate: String
  /// Records that were read again.
  public var records: Int
  /// Rows of the new table.
  public var rows: Int
  /// How many more events the rows hold than before, by count(*); negative: fewer.
  public var events: Int64
  public var seconds: Double
  /// How long the processors' commits had to wait.
  public var lockSeconds: Double
  /// The definition was changed: processors that run with the former one write nothing any more.
  public var isRedefined: Bool
}

/// What a replay would do.
public struct ReplayEstimate: Sendable {
  public var records: Int64
  /// Records of the sample, and how long they took.
  public var sample: Int
  public var sampleSeconds: Double
  public var isRedefined: Bool

  public var seconds: Double { sample > 0 ? Double(records) * sampleSeconds / Double(sample) : 0 }
}
