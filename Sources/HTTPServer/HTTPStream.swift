/// An answer whose body has no end yet, such as server-sent events. Usable from any thread; closed when it is released.
public final class HTTPStream: Sendable {
  private let channel: StreamChannel

  init(channel: StreamChannel) { self.channel = channel }

  deinit { channel.close() }

  /// Queues bytes for the client and returns at once. False: the stream is closed; the client has gone, the server
  /// stops, or the client read so slowly that `HTTPConfiguration.streamBufferBytes` would have been exceeded.
  ///
  /// That a client has gone is noticed when bytes sent to it cannot be delivered, not before.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool { channel.send(bytes) }

  /// Ends the body after what was sent so far.
  public func close() { channel.close() }

  public var isClosed: Bool { channel.isClosed }

  /// What the client has not taken yet, in bytes: a producer of states instead of events can leave some out.
  public var pendingByteCount: Int { channel.pendingByteCount }
}
