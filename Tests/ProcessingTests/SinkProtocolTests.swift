import Dataflow
import Postgres
import TestThreads
import Testing

@testable import Processing
@testable import ProcessingTestSupport

/// Each test is a conversation: what the database answered, and what is to be done next.
@Suite(.blocking) struct SinkProtocolTests {
  private var machine = SinkProtocol()
  private var generator = SystemRandomNumberGenerator()

  private let checkpoint = Checkpoint(
    advances: [
      PartitionAdvance(
        partition: 0, epoch: 2, expected: 10, next: 15, segment: 10, missing: 0, counts: RunCounts(aggregateCount: 0)),
      PartitionAdvance(
        partition: 1, epoch: 2, expected: 7, next: 7, segment: 7, missing: 0, counts: RunCounts(aggregateCount: 0)),
    ], deltas: [], deadLetters: [], gaps: [])

  /// One word for what is to be done.
  private func word(_ action: SinkProtocol.Action) -> String {
    switch action {
    case .claim: "claim"
    case .readPositions: "read"
    case .commit: "commit"
    case .wait: "wait"
    case .finish(.claimed): "claimed"
    case .finish(.committed): "committed"
    case .finish(.fenced): "fenced"
    case .finish(.redefined): "redefined"
    }
  }

  private mutating func after(_ event: SinkProtocol.Event) -> String {
    word(machine.handle(event, using: &generator))
  }

  private mutating func begin(_ request: SinkRequest) -> String {
    word(machine.begin(request))
  }

  private func refused(_ sqlstate: String) -> PostgresError {
    PostgresError(.server(ServerReport(sqlstate: sqlstate, message: "refused")))
  }

  private let lost = PostgresError(.connection("server closed the connection unexpectedly"))

  @Test("a claim is repeated until it is answered")
  mutating func claim() {
    #expect(begin(.claim([0: 0])) == "claim")
    #expect(after(.failed(lost)) == "wait")
    #expect(after(.waited) == "claim")
    #expect(after(.claimed([])) == "claimed")
  }

  @Test("a refused commit is tried again as it is: nothing of it happened")
  mutating func refusal() {
    #expect(begin(.commit(checkpoint)) == "commit")
    #expect(after(.failed(refused("40001"))) == "wait")
    #expect(!machine.isNews(refused("40001")))
    #expect(after(.waited) == "commit")
    #expect(after(.failed(refused("40001"))) == "wait")
    #expect(machine.isNews(refused("40001")))
    #expect(after(.waited) == "commit")
    #expect(after(.committed) == "committed")
  }

  @Test("a fenced commit is over")
  mutating func fence() {
    #expect(begin(.commit(checkpoint)) == "commit")
    #expect(after(.failed(refused(SinkProtocol.fencedState))) == "fenced")
  }

  @Test(
    "after a lost answer the positions decide",
    arguments: [
      (15, 2, "committed"), (10, 2, "commit"), (15, 3, "fenced"), (10, 3, "fenced"), (12, 2, "fenced"),
    ])
  mutating func unknownOutcome(next: Int64, epoch: Int64, expected: String) {
    #expect(begin(.commit(checkpoint)) == "commit")
    #expect(after(.failed(lost)) == "wait")
    #expect(after(.waited) == "read")
    #expect(after(.failed(lost)) == "wait")
    #expect(after(.waited) == "read")
    #expect(
      after(
        .positions([0: StoredPosition(next: next, epoch: epoch), 1: StoredPosition(next: 7, epoch: 2)])) == expected)
  }

  @Test("what was unknown of one commit is not of the next")
  mutating func newRequest() {
    #expect(begin(.commit(checkpoint)) == "commit")
    #expect(after(.failed(lost)) == "wait")
    #expect(begin(.commit(checkpoint)) == "commit")
  }
}
