import Events
import Kafka

/// Asks the broker what a gap is.
///
/// What it says of the topic is kept for a while: a compacted topic has many gaps, and one that is written in
/// transactions has one after each of them.
struct GapExaminer {
  /// For this long (microseconds) an answer is not asked for again.
  private static let validity: Int64 = 60_000_000

  private var policy: (answer: CleanupPolicy, until: Int64)?
  private var transactionsSeenUntil: Int64 = .min

  /// - Parameter now: monotonic, in microseconds.
  /// - Returns: the parts that the broker explains, in order, and what stands against the rest, if there is any.
  mutating func examine(
    _ gap: OffsetGap, _ source: some RecordSource, now: Int64
  ) throws(KafkaError) -> (explained: [ExplainedGap], fault: PartitionFault?) {
    var evidence = GapEvidence(low: try source.watermarkOffsets(of: gap.partition).low)
    while true {
      switch GapExplanation(gap, evidence) {
      case .explained(let parts):
        return (parts, nil)
      case .unexplained(let expired, let rest):
        return (expired, .unexplained(rest, evidence.cleanupPolicy))
      case .needsCleanupPolicy:
        evidence.cleanupPolicy = try cleanupPolicy(source, now)
      case .needsTransactions:
        evidence.hasTransactions = try hasTransactions(gap, source, now)
      }
    }
  }

  private mutating func cleanupPolicy(_ source: some RecordSource, _ now: Int64) throws(KafkaError) -> CleanupPolicy {
    if let policy, now < policy.until { return policy.answer }
    let answer = try source.cleanupPolicy()
    policy = (answer, now + GapExaminer.validity)
    return answer
  }

  private mutating func hasTransactions(
    _ gap: OffsetGap, _ source: some RecordSource, _ now: Int64
  ) throws(KafkaError) -> Bool {
    if now < transactionsSeenUntil { return true }
    guard try source.hasTransactions(in: gap.partition, from: gap.first, to: gap.next) else { return false }
    transactionsSeenUntil = now + GapExaminer.validity
    return true
  }
}
