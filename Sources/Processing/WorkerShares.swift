/// How many workers each stream of a process has, where nobody says it.
public enum WorkerShares {
  /// One for each stream, and further ones, up to one for each core in all, where most partitions come to a worker.
  ///
  /// - Parameters:
  ///   - partitions: of each stream's topic; nil: unknown, and no bound.
  ///   - most: of one stream.
  public static func counts(cores: Int, partitions: [Int?], most: Int = 64) -> [Int] {
    var counts = partitions.map { _ in 1 }
    for _ in 0..<max(0, cores - counts.count) {
      // A member of the group without a partition would only stand by.
      let open = counts.indices.filter { counts[$0] < min(partitions[$0] ?? most, most) }
      func load(_ index: Int) -> Double { Double(partitions[index] ?? most) / Double(counts[index]) }
      guard let fullest = open.max(by: { load($0) < load($1) }) else { break }
      counts[fullest] += 1
    }
    return counts
  }
}
