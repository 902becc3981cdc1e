/// Where a server listens and what it allows a client to use. Every bound holds per server.
public struct HTTPConfiguration: Sendable, Equatable {
  /// An address or a name; `*` for every address of the machine.
  public var host = "127.0.0.1"
  /// 0 takes a free port; see `HTTPServer.port`.
  public var port: UInt16 = 0
  /// Event loops; each connection belongs to one of them.
  public var threads = 2
  /// Connections beyond it wait in the kernel's backlog.
  public var maximumConnections = 1024
  /// Of a request's line and headers, and of an answer's headers. Requests beyond it get 431, or 414 when the target
  /// alone is too long.
  public var connectionMemoryBytes = 32 * 1024
  /// Requests with a larger body get 413.
  public var maximumBodyBytes = 64 * 1024
  /// A connection silent for so long is closed. Requests that await their answer do not count as silent.
  public var idleTimeoutSeconds = 60
  /// What a stream holds for a client that does not read; a stream that would hold more is closed.
  public var streamBufferBytes = 4 * 1024 * 1024

  public init() {}
}
