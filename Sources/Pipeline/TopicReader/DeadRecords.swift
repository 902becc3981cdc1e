import Events

/// Which records of a topic are in no row, because they are dead letters.
enum DeadRecords {
  /// Copies their positions into a table of partition, record_offset and aggregate (NULL: in no row of any).
  /// The parameters `$1` and `$2` are the cluster and the topic.
  static func insertion(into table: String) -> String {
    """
    INSERT INTO \(table) (partition, record_offset)
    SELECT partition, record_offset FROM dead_letters WHERE cluster = $1 AND topic = $2
    """
  }

  /// Those that are in no row of the aggregate `$3`, of partition `$4` from offset `$5` to before `$6`.
  static let offsets = """
    SELECT record_offset FROM dead_letters
    WHERE cluster = $1 AND topic = $2 AND $3::text IS NOT NULL AND partition = $4 AND record_offset >= $5 AND record_offset < $6
    """

  /// How many are in no row of the aggregate `$3`, from these offsets on.
  static func count(from starts: [Int32: Offset]) -> String {
    let partitions = starts.sorted { $0.key < $1.key }.map { "(\($0.key), \($0.value)::bigint)" }
    return """
      SELECT count(*) FROM dead_letters AS d
      JOIN (VALUES \(partitions.joined(separator: ", "))) AS s (partition, start)
        ON d.partition = s.partition AND d.record_offset >= s.start
      WHERE d.cluster = $1 AND d.topic = $2 AND $3::text IS NOT NULL
      """
  }
}
