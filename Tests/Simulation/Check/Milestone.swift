/// What a schedule can come to: a test asks that the schedules reach all of it, so that they prove what they seem to.
public enum Milestone: String, CaseIterable, Sendable {
  // How workers ended.
  case fenced, lostPartitions, releaseTimedOut, restartedAfterError, stopped, killed
  // Transactions whose answer was lost.
  case hadCommitted, hadNotCommitted, hadBeenFenced
  /// An instance that a claim had shut out tried to commit.
  case refusedOldOwner
  case reread
  /// A re-read had to wait until a rebalance was answered.
  case postponedReread
  case repeatedRecords, skippedRecords
  case expiredGap, compactedGap, transactionGap
  /// A revocation came before the assignment was answered.
  case revokedBeforeAnswer
  case deadLetter, lateEvent
  /// A record had to wait for its schema, and one was of a schema that nobody knows.
  case awaitedSchema, unknownSchema
  /// A worker went on with a later version of a table of reference data.
  case newReferences
  /// A process was stopped in the middle of a call for longer than its session.
  case sleptThroughSession
  /// A claim for one stream, where another stream of the topic had come to another position.
  case streamsApart
  /// A stream's worker ended and began again while another stream's went on in the same process.
  case restartedBesideAnother
  // Alerts: raised by a late event, or taken back; a transaction of the evaluation whose answer was lost.
  case raisedLate, takenBack, alertsHadCommitted
}
