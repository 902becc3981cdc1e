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
}
