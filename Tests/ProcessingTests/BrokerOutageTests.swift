import TestThreads
import Testing

@testable import ProcessingTestSupport

/// A processor whose broker cannot be reached for a while.
@Suite(.blocking) struct BrokerOutageTests {
  private let bench: Bench
  private let load: Load

  init() throws {
    bench = try Bench()
    load = try Load()
  }

  private func expectExact() throws { try bench.expectExact(load) }

  @Test("with the broker away for a while, and a stop in the middle of it, nothing is lost")
  func brokerAway() throws {
    let instance = try Instance(bench, load)
    try load.send(300)
    try expectExact()
    try load.broker.setReachable(false)
    try until("a problem") { instance.processor.status.current.brokerProblem != nil }
    try load.broker.setReachable(true)
    try load.send(300)
    try expectExact()
    try until("health") { instance.processor.status.current.brokerProblem == nil }
    try load.broker.setReachable(false)
    #expect(instance.stop() == "stopped")
    try load.broker.setReachable(true)
    try load.send(300)
    let second = try Instance(bench, load)
    try expectExact()
    #expect(second.stop() == "stopped")
  }
}
