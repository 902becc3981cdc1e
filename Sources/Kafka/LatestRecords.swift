import Events

/// Which records of a topic are looked at, where a sample will do: the latest of each partition.
public enum LatestRecords {
  /// So many offsets in all, evenly of the partitions: what a short one does not have is taken from the longer ones.
  ///
  /// - Parameter logs: the offsets that each partition holds.
  public static func ranges(_ logs: [Int32: Range<Offset>], count: Int) -> [Int32: Range<Offset>] {
    var ranges: [Int32: Range<Offset>] = [:]
    var rest = Int64(count)
    let shortestFirst = logs.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
    for (index, (partition, log)) in shortestFirst.enumerated() {
      // Rounded up, so that each that holds any is looked at, however many they are.
      let others = Int64(shortestFirst.count - index)
      let share = max((rest + others - 1) / others, 1)
      ranges[partition] = max(log.lowerBound, log.upperBound - share)..<log.upperBound
      rest -= min(Int64(log.count), share)
    }
    return ranges
  }
}
