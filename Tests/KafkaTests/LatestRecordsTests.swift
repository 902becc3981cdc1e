import Kafka
import Testing

@Suite struct LatestRecordsTests {
  @Test("what a short partition does not have is looked for in the longer ones")
  func uneven() {
    // As a producer leaves it that fills one partition's batch after the other.
    let ranges = LatestRecords.ranges([0: 0..<200, 1: 10..<20, 2: 0..<0, 3: 5..<95], count: 1_000)
    #expect(ranges == [0: 0..<200, 1: 10..<20, 2: 0..<0, 3: 5..<95])
  }

  @Test("of more than are wanted, each gives the same number of its latest")
  func even() {
    let ranges = LatestRecords.ranges([0: 0..<5_000, 1: 100..<5_100, 2: 0..<100], count: 1_000)
    #expect(ranges == [0: 4_550..<5_000, 1: 4_650..<5_100, 2: 0..<100])
  }

  @Test("of more partitions than are wanted records, each still gives its latest")
  func many() {
    let logs = Dictionary(uniqueKeysWithValues: (Int32(0)..<50).map { ($0, Int64(0)..<10) })
    #expect(LatestRecords.ranges(logs, count: 20).values.allSatisfy { $0 == 9..<10 })
    #expect(LatestRecords.ranges([:], count: 20).isEmpty)
  }
}
