import Faults

/// How a worker ended.
package enum WorkerEnd: Sendable {
  case stopped
  /// Uncommitted work was given up; a new worker takes it up at the committed positions.
  case abandoned(CheckpointProtocol.AbandonReason)
  case failed(PipelineError)
}
