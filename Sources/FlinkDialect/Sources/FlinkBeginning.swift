/// Where a job begins that goes on where processors of ours have stopped.
public struct FlinkBeginning: Hashable, Sendable {
  /// That the processors have read, which a setting may have chosen.
  public var topic: String
  /// The first offset to read of each partition: no event of a window that is Flink's lies before it.
  public var starts: [Int32: Int64]
  /// Where our processors have stopped.
  public var positions: [Int32: Int64]
  /// For each aggregate: windows that begin here or later (microseconds since 1970) are Flink's, the others ours. One
  /// that is missing has no rows of ours.
  public var boundaries: [String: Int64]

  public init(
    topic: String, starts: [Int32: Int64], positions: [Int32: Int64], boundaries: [String: Int64]
  ) {
    self.topic = topic
    self.starts = starts
    self.positions = positions
    self.boundaries = boundaries
  }

  /// Of a table of the topic; nil: it begins where the topic does.
  static func options(_ offsets: [Int32: Int64]?) -> [(String, String)] {
    guard let offsets, !offsets.isEmpty else { return [("scan.startup.mode", "earliest-offset")] }
    let list = offsets.sorted { $0.key < $1.key }.map { "partition:\($0.key),offset:\($0.value)" }
    return [
      ("scan.startup.mode", "specific-offsets"), ("scan.startup.specific-offsets", list.joined(separator: ";")),
    ]
  }
}
