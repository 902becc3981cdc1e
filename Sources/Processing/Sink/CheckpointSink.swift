import Events

/// What the worker asks of the sink.
package enum SinkRequest: Sendable {
  /// Take these partitions over; the offsets count for partitions that nobody has read yet.
  case claim([TopicPartition: Offset])
  case commit(Checkpoint)
}

package enum SinkOutcome: Sendable {
  case claimed([PartitionClaim])
  case committed(Checkpoint)
  /// Another instance owns a partition: nothing of the checkpoint has been written.
  case fenced(String)
  /// The tables were made anew for other definitions: this instance must not go on.
  case redefined(String)
}

/// Where a worker hands its requests: one at a time, carried out elsewhere while the worker goes on reading.
package protocol CheckpointSink {
  /// Hands a request over. The checkpoint protocol never has two under way.
  func submit(_ request: SinkRequest)
  /// The outcome of the request under way, as soon as there is one; waits for it up to this long.
  func outcome(timeoutMilliseconds: Int) -> SinkOutcome?
}
