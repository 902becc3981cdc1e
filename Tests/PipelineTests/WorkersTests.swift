import Kafka
import Observability
import Testing

@testable import Pipeline

/// Several workers in one processor.
@Suite(.serialized) struct WorkersTests {
  @Test("workers share the partitions, count every event once, and their status is one")
  func sharing() throws {
    let (bench, load) = (try Bench(), try Load())
    let instance = try Instance(bench, load, workers: 3)
    var owners: [String] = []
    try until("a partition for each worker") {
      try load.send(30)
      owners = try bench.rows("SELECT DISTINCT owner FROM pulse.progress ORDER BY owner")
      return owners.count == 3 && instance.processor.status.current.partitions == [0, 1, 2]
    }
    #expect(owners == ["test/1", "test/2", "test/3"])
    try load.send(3000)
    let total = "SELECT coalesce(sum(total_downloads), 0) FROM region_health"
    try until("all events") { try bench.rows(total) == ["\(load.sent)"] }
    try until("the status") { instance.processor.status.current.committedRecords >= load.sent }
    #expect(instance.stop() == "stopped")
    #expect(instance.processor.status.current.partitions == [])
    #expect(try bench.verify().checks.flatMap(\.violations) == [])
    #expect(try bench.rows(total) == ["\(load.sent)"])
  }

  @Test("one worker that cannot go on ends the others, with its reason")
  func failing() throws {
    let (bench, load) = (try Bench(), try Load())
    let instance = try Instance(bench, load, properties: [(name: "no.such.property", value: "1")], workers: 2)
    #expect(instance.end(seconds: 20)?.contains("no.such.property") == true)
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
