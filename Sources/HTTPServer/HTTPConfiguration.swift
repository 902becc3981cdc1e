/// Where a server listens and what it allows a client to use. Every bound holds per server.
public struct HTTPConfiguration: Sendable, Equatable {
  /// An address or a name; `*` for every address of the machine.
  public var host = "127.0.0.1"
  /// 0 takes a free port; see `HTTPServer.port`.
  public var port: UInt16 = 0
  /// Event loops; each connection belongs to one of them.
  public var threads = 2
  /// Connections that have sent a request, and are open. Where there are as many, the one that has been idle longest goes;
  /// when all of them are being answered, a further one gets 503.
  public var maximumConnections = 1024
  /// The same for the connections of one IPv4 address, or of one network of 64 bits in IPv6.
  public var maximumConnectionsPerAddress = 512
  /// Streams and WebSockets that there may be beside those connections, of which they are none any more. Whoever opens them
  /// keeps to it; here only room is made for them.
  public var maximumStreams = 1024
  /// Connections that have sent no whole request yet; beyond it the oldest of them are closed. Less where the process may
  /// not have so many descriptors.
  public var maximumWaitingConnections = 4096
  /// The paths of requests that find a connection even when all are in use.
  public var reservedPaths: Set<String> = []
  /// How long the whole head of a request may take to arrive.
  public var headTimeoutSeconds = 10
  /// Of a request's path and query; more gets 414.
  public var maximumTargetBytes = 8 * 1024
  /// Of a request's line and headers; more gets 431. Less than `connectionMemoryBytes`.
  public var maximumHeadBytes = 24 * 1024
  /// Of a request's line and headers, and of an answer's headers.
  public var connectionMemoryBytes = 32 * 1024
  /// Requests with a larger body get 413.
  public var maximumBodyBytes = 64 * 1024
  /// A connection silent for so long is closed. Requests that await their answer do not count as silent.
  public var idleTimeoutSeconds = 60
  /// What a stream holds for a client that does not read; a stream that would hold more is closed.
  public var streamBufferBytes = 4 * 1024 * 1024

  public init() {}
}
