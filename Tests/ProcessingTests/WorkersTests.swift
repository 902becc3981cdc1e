import Kafka
import Observability
import TestThreads
import Testing

@testable import Processing
@testable import ProcessingTestSupport

/// Several workers in one processor.
@Suite(.blocking) struct WorkersTests {
  @Test("one worker that cannot go on ends the others, with its reason")
  func failing() throws {
    let (bench, load) = (try Bench(), try Load())
    let instance = try Instance(bench, load, properties: [(name: "no.such.property", value: "1")], workers: 2)
    #expect(instance.end()?.contains("no.such.property") == true)
  }

  @Test("workers that start at once share the embedded broker's topic")
  func together() throws {
    let (bench, load) = (try Bench(), try Load())
    let instance = try Instance(bench, load, workers: 3)
    try until("all partitions", of: [instance]) {
      instance.processor.status.current.partitions == [0, 1, 2]
    }
    try load.send(300)
    try until("all events", of: [instance]) {
      try bench.rows("SELECT sum(total_downloads) FROM region_health") == ["300"]
    }
    #expect(instance.stop() == "stopped")
  }

  @Test(
    "without a number, workers are by the cores and the partitions, and every stream has one",
    arguments: [
      (1, [12], [1]), (4, [12], [4]), (4, [3], [3]), (4, [nil], [4]), (200, [nil], [64]), (0, [8], [1]),
      (1, [12, 3], [1, 1]), (4, [12, 3], [3, 1]), (4, [8, 8], [2, 2]), (8, [1, 3], [1, 3]), (4, [nil, nil], [2, 2]),
      (6, [16, 16, 4], [3, 2, 1]), (3, [], []),
    ] as [(Int, [Int?], [Int])])
  func shares(cores: Int, partitions: [Int?], workers: [Int]) {
    #expect(WorkerShares.counts(cores: cores, partitions: partitions) == workers)
  }

  @Test("an outage that all workers see is said once")
  func outages() {
    let outages = SharedOutages()
    let down = Observation.databaseDown(reason: "", sqlstate: nil)
    let up = Observation.databaseUp(server: "")
    #expect(outages.isNews(down, from: 0))
    #expect(!outages.isNews(down, from: 1))
    #expect(outages.isNews(.brokerDown(reason: ""), from: 1))
    #expect(!outages.isNews(up, from: 0))
    #expect(outages.isNews(up, from: 1))
    #expect(outages.isNews(down, from: 1))
  }
}
