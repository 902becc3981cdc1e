/// Something that goes wrong, once. Durations in milliseconds.
public enum Fault: Hashable, Sendable {
  /// SIGKILL; another one starts in its place after `down`.
  case killProcessor(Int, down: Int)
  /// SIGTERM, as for a deployment; another one starts in its place after `down`.
  case terminateProcessor(Int, down: Int)
  /// SIGSTOP for longer than the group waits for a member: the others take its partitions over, then it wakes.
  case pauseProcessor(Int, duration: Int)
  /// Every session of the processors is ended by the server.
  case killSessions
  /// The server dies without a checkpoint, and recovers after `down`.
  case crashPostgres(down: Int)
  /// Each connection to Postgres is reset after so many more bytes in that direction.
  case cutConnections(ConnectionCut)
  /// SIGKILL; started again on the same data after `down`.
  case killBroker(down: Int)
  /// SIGSTOP: it answers nobody.
  case pauseBroker(duration: Int)

  /// Faults of one kind, for counting.
  public enum Kind: String, CaseIterable, Sendable {
    case killProcessor = "processor killed"
    case terminateProcessor = "processor told to end"
    case pauseProcessor = "processor paused over a rebalance"
    case killSessions = "Postgres sessions ended"
    case crashPostgres = "Postgres crashed"
    case cutConnections = "connections cut at a random byte"
    case killBroker = "broker killed"
    case pauseBroker = "broker paused"
  }

  public var kind: Kind {
    switch self {
    case .killProcessor: .killProcessor
    case .terminateProcessor: .terminateProcessor
    case .pauseProcessor: .pauseProcessor
    case .killSessions: .killSessions
    case .crashPostgres: .crashPostgres
    case .cutConnections: .cutConnections
    case .killBroker: .killBroker
    case .pauseBroker: .pauseBroker
    }
  }
}

extension Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .killProcessor(let number, let down): "SIGKILL processor \(number), next after \(down) ms"
    case .terminateProcessor(let number, let down): "SIGTERM processor \(number), next after \(down) ms"
    case .pauseProcessor(let number, let duration): "SIGSTOP processor \(number) for \(duration) ms"
    case .killSessions: "end the sessions of Postgres"
    case .crashPostgres(let down): "crash Postgres, back after \(down) ms"
    case .cutConnections(let cut):
      "cut connections after \(cut.bytes) bytes to the \(cut.direction == .toServer ? "server" : "client")"
    case .killBroker(let down): "SIGKILL broker, back after \(down) ms"
    case .pauseBroker(let duration): "SIGSTOP broker for \(duration) ms"
    }
  }
}
