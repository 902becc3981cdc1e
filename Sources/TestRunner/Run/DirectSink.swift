import Events
import Postgres
import Processing

/// Carries out the worker's requests at once, on the test's own connection. Nothing is tried again: an error fails the test.
final class DirectSink: CheckpointSink {
  private let sink: Sink
  private let connection: PostgresConnection
  private let cluster: String
  private var answer: SinkOutcome?
  private(set) var error: PostgresError?
  /// The position of the one partition.
  private(set) var committed: Offset = 0

  init(_ sink: Sink, cluster: String, _ connection: PostgresConnection) {
    self.sink = sink
    self.cluster = cluster
    self.connection = connection
  }

  func submit(_ request: SinkRequest) {
    do throws(PostgresError) {
      switch request {
      case .claim(let starts): answer = .claimed(try sink.claim(starts, cluster: cluster, connection))
      case .commit(let checkpoint):
        try sink.commit(checkpoint, cluster: cluster, connection)
        committed = checkpoint.advances.map(\.next).max() ?? committed
        answer = .committed(checkpoint)
      }
    } catch {
      self.error = error
    }
  }

  func outcome(timeoutMilliseconds: Int) -> SinkOutcome? {
    defer { answer = nil }
    return answer
  }
}
