import Dataflow
import Events

extension [PartitionRun] {
  /// Takes records out and closes the gaps: of each of these partitions all from that row on.
  ///
  /// - Parameter rows: by partition; 0: nothing of it stays.
  /// - Returns: how many records stay, at the front of the buffer.
  mutating func cut(_ rows: [Int32: Int], _ records: UnsafeMutableBufferPointer<Record>) -> Int {
    var kept: [PartitionRun] = []
    var count = 0
    for run in self {
      let end = Swift.min(run.rows.upperBound, rows[run.partition] ?? .max)
      guard run.rows.lowerBound < end else { continue }
      let start = count
      for row in run.rows.lowerBound..<end {
        if count != row { records[count] = records[row] }
        count += 1
      }
      if let last = kept.last, last.partition == run.partition {
        kept[kept.count - 1].rows = last.rows.lowerBound..<count
      } else {
        kept.append(PartitionRun(partition: run.partition, rows: start..<count))
      }
    }
    self = kept
    return count
  }
}
