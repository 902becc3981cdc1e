import Events
import Kafka
import ProcessingTestSupport
import Testing

@testable import Processing

/// A gap of the offsets 10 to 19, and what is known of the log.
@Suite struct GapExplanationTests {
  private let gap = OffsetGap(partition: 3, first: 10, next: 20)

  private func explain(_ low: Offset, _ policy: String? = nil, transactions: Bool? = nil) -> GapExplanation {
    GapExplanation(
      gap, GapEvidence(low: low, cleanupPolicy: policy.map { .known($0) }, hasTransactions: transactions))
  }

  private func part(_ first: Offset, _ next: Offset, _ reason: ExplainedGap.Reason) -> ExplainedGap {
    ExplainedGap(gap: OffsetGap(partition: 3, first: first, next: next), reason: reason)
  }

  @Test("records before the log's begin have expired, and nothing more is asked", arguments: [20, 25])
  func expired(low: Offset) {
    #expect(explain(low) == .explained([part(10, 20, .expired)]))
  }

  @Test("the broker is asked for the policy first, and for transactions only when that explains nothing")
  func questions() {
    #expect(explain(0) == .needsCleanupPolicy)
    #expect(explain(0, "delete") == .needsTransactions)
  }

  @Test("a topic that is compacted has gaps", arguments: ["compact", "compact,delete", "delete,compact"])
  func compacted(policy: String) {
    #expect(explain(0, policy) == .explained([part(10, 20, .compacted)]))
  }

  @Test("a topic that is written in transactions has gaps")
  func transaction() {
    #expect(explain(0, "delete", transactions: true) == .explained([part(10, 20, .transaction)]))
  }

  @Test("what has expired and what has not are told apart")
  func parts() {
    #expect(explain(15, "compact") == .explained([part(10, 15, .expired), part(15, 20, .compacted)]))
    #expect(
      explain(15, "delete", transactions: false)
        == .unexplained(
          expired: [part(10, 15, .expired)], rest: OffsetGap(partition: 3, first: 15, next: 20)))
  }

  @Test("without compaction and transactions a gap is not explained")
  func unexplained() {
    #expect(explain(10, "delete", transactions: false) == .unexplained(expired: [], rest: gap))
  }

  @Test("a policy that the broker does not tell explains nothing")
  func unknownPolicy() {
    let policy = CleanupPolicy.unknown(reason: "TOPIC_AUTHORIZATION_FAILED")
    #expect(
      GapExplanation(gap, GapEvidence(low: 0, cleanupPolicy: policy, hasTransactions: false))
        == .unexplained(expired: [], rest: gap))
    let text = PartitionFault.unexplained(gap, policy).text(
      Books(), cluster: "c'1", TopicPartition(topic: "t", partition: 3))
    #expect(text.contains("TOPIC_AUTHORIZATION_FAILED"))
    #expect(text.contains("SELECT pulse.accept_gap('c''1', 't', 3, 10, 20)"))
  }
}
