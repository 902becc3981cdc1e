import Dataflow
import Events
import Formats
import Plan

/// What became of a dead letter in one aggregate when it was replayed. The raw value is what the ledger of replays holds.
public enum ReplayOutcome: String, Sendable, Hashable {
  case aggregated
  /// The aggregate's WHERE refused it.
  case filtered
  /// Retention has removed its window: a row made anew would hold this event alone.
  case late
  /// The aggregate is not defined any more.
  case removed
}

/// What a replay makes of dead letters: their deltas, and what became of each.
struct ReplayedBatch {
  enum Verdict: Hashable {
    case taken([String: ReplayOutcome])
    case refused(EventErrorCode, String)
  }

  /// In the order of the letters.
  var verdicts: [Verdict]
  /// In the order of the letters; nil: it has none.
  var eventTimes: [Int64?]
  var deltas: [WindowDelta]
  /// What the deltas' indices count into.
  var aggregates: [AggregatePlan]
}

/// Decodes dead letters again, with today's definitions, for the aggregates that have not taken them.
///
/// Somebody has asked for them, so that no late policy applies; but what retention has removed stays removed.
struct ReplayPlan {
  private let plan: StreamPlan
  /// Those of the targets that are not defined any more.
  private let removed: [String]

  /// - Parameters:
  ///   - targets: the aggregates that have not taken the letters.
  ///   - horizons: until when retention has removed each aggregate's windows, in microseconds since 1970.
  init(_ plan: StreamPlan, targets: [String], horizons: [String: Int64]) {
    var plan = plan
    plan.aggregates = plan.aggregates.filter { targets.contains($0.name) }
    for index in plan.aggregates.indices {
      plan.aggregates[index].latePolicy = .revise
      // Counted back from a watermark of 0: `run` says so.
      plan.aggregates[index].replaceRetention { horizons[$0].map { -$0 } }
    }
    self.plan = plan
    removed = targets.filter { target in !plan.aggregates.contains { $0.name == target } }
  }

  /// - Parameters:
  ///   - letters: the original records.
  ///   - now: the wall clock in microseconds since 1970.
  func run(
    _ letters: [OwnedRecord], _ decoder: RecordDecoder, _ references: ReferenceSet, now: Int64
  ) -> ReplayedBatch {
    let batch = EventBatch(specs: plan.columns, capacity: max(letters.count, 1))
    let records = RecordBatch(copying: letters)
    decoder.decode(records, into: batch)
    let windows = WindowOperator(plan, batch: batch, seed: UInt64.random(in: 1...UInt64.max))
    windows.use(references)
    // A run for each letter, because its counts then are those of the letter.
    let runs = letters.indices.map { PartitionRun(partition: 0, rows: $0..<$0 + 1) }
    let counts = windows.process(batch, runs: runs, now: now, watermark: 0)
    var verdicts = counts.map(verdict)
    for failure in batch.failures { verdicts[failure.row] = .refused(failure.code, failure.message) }
    return ReplayedBatch(
      verdicts: verdicts, eventTimes: counts.map(\.maxEventTime), deltas: windows.drain(), aggregates: plan.aggregates)
  }

  private func verdict(_ counts: RunCounts) -> ReplayedBatch.Verdict {
    guard !counts.aggregates.isEmpty else {
      return .refused(.late, "the aggregates that did not take it are not defined any more")
    }
    guard counts.aggregates.contains(where: { $0.late == 0 }) else {
      return .refused(.late, "retention has removed its window")
    }
    var outcomes: [String: ReplayOutcome] = [:]
    for (aggregate, count) in zip(plan.aggregates, counts.aggregates) {
      outcomes[aggregate.name] = count.late > 0 ? .late : count.filtered > 0 ? .filtered : .aggregated
    }
    for name in removed { outcomes[name] = .removed }
    return .taken(outcomes)
  }
}
