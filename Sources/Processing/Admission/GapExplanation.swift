import Events
import Kafka

/// A gap, and the broker's explanation of it.
public struct ExplainedGap: Sendable, Hashable {
  public enum Reason: String, Sendable {
    /// The log now begins later: the records were deleted before they were read.
    case expired
    /// The topic is compacted: later records of the same keys have taken their place.
    case compacted
    /// Transactions wrote there: their markers, or the records of aborted ones.
    case transaction
  }

  public var gap: OffsetGap
  public var reason: Reason
}

/// What is known of the log around a gap; nil: not asked yet.
struct GapEvidence: Equatable {
  /// The log's first offset.
  var low: Offset
  var cleanupPolicy: CleanupPolicy?
  var hasTransactions: Bool?
}

/// What a gap is, by the evidence so far.
///
/// Asking costs round trips, so the questions come one by one and only as far as they are needed.
enum GapExplanation: Equatable {
  /// Its parts, in order.
  case explained([ExplainedGap])
  case needsCleanupPolicy
  case needsTransactions
  /// Nothing that the broker says accounts for this part of it.
  case unexplained(expired: [ExplainedGap], rest: OffsetGap)

  init(_ gap: OffsetGap, _ evidence: GapEvidence) {
    var expired: [ExplainedGap] = []
    var rest = gap
    if evidence.low > gap.first {
      rest.first = min(evidence.low, gap.next)
      expired = [
        ExplainedGap(gap: OffsetGap(partition: gap.partition, first: gap.first, next: rest.first), reason: .expired)
      ]
    }
    guard rest.first < rest.next else {
      self = .explained(expired)
      return
    }
    guard let policy = evidence.cleanupPolicy else {
      self = .needsCleanupPolicy
      return
    }
    if policy.isCompacting {
      self = .explained(expired + [ExplainedGap(gap: rest, reason: .compacted)])
      return
    }
    switch evidence.hasTransactions {
    case nil: self = .needsTransactions
    case true?: self = .explained(expired + [ExplainedGap(gap: rest, reason: .transaction)])
    case false?: self = .unexplained(expired: expired, rest: rest)
    }
  }
}
