import CMicrohttpd
import Glibc

// What libmicrohttpd calls. Every one runs on the event loop thread that owns the connection, outside of locks of
// libmicrohttpd's, and holds up that thread's other connections for as long as it takes. `context` is the `ServerCore`,
// unretained: the server keeps it until the daemon has stopped.

/// A connection has come to its event loop, or is about to be closed. Its context is the `OpenConnection`, unretained: the
/// table keeps it until it is removed here.
func connectionChanged(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, change: MHD_ConnectionNotificationCode
) {
  guard let context, let connection else { return }
  let table = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().connections
  let descriptor = streampulse_http_descriptor(connection)
  switch change {
  case MHD_CONNECTION_NOTIFY_STARTED:
    socketContext?.pointee = table.connection(descriptor).map { Unmanaged.passUnretained($0).toOpaque() }
  case MHD_CONNECTION_NOTIFY_CLOSED:
    socketContext?.pointee = nil
    table.remove(descriptor)
  default: break
  }
}

extension OpenConnection {
  /// What `connectionChanged` has put there.
  static func of(_ connection: OpaquePointer) -> OpenConnection? {
    streampulse_http_socket_context(connection).map { Unmanaged<OpenConnection>.fromOpaque($0).takeUnretainedValue() }
  }
}

extension Framing {
  /// Of the headers of the connection's current request.
  init(of connection: OpaquePointer) {
    self.init()
    withUnsafeMutablePointer(to: &self) { framing in
      _ = MHD_get_connection_values_n(
        connection, MHD_HEADER_KIND,
        { context, _, name, nameCount, value, valueCount in
          guard let context, let name else { return MHD_YES }
          name.withMemoryRebound(to: UInt8.self, capacity: nameCount) { name in
            let name = UnsafeBufferPointer(start: name, count: nameCount)
            let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
            value.withMemoryRebound(to: UInt8.self) {
              context.assumingMemoryBound(to: Framing.self).pointee.add(name: name, value: $0)
            }
          }
          return MHD_YES
        }, framing)
    }
  }
}

/// The request line has arrived. The reference it returns is the request's context, released by `requestCompleted`.
func requestBegan(
  context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let target, let connection else { return nil }
  // A copy, because libmicrohttpd is about to take the target apart where it stands.
  let bytes = [UInt8](UnsafeRawBufferPointer(start: target, count: strlen(target)))
  streampulse_http_hide_query(target)
  return Unmanaged.passRetained(Exchange(connection: connection, target: bytes)).toOpaque()
}

/// The request's head has arrived, then each part of its body, then its end. `MHD_NO` closes the connection.
func requestAdvanced(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
  uploadCount: UnsafeMutablePointer<Int>?, request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let method, let version, let uploadCount, let exchange = request?.pointee else { return MHD_NO }
  let bytes = UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee)
  uploadCount.pointee = 0
  return Unmanaged<ServerCore>.fromOpaque(context)._withUnsafeGuaranteedRef { core in
    Unmanaged<Exchange>.fromOpaque(exchange)._withUnsafeGuaranteedRef {
      core.step($0, method: method, version: version, upload: bytes)
    }
  }
}

/// The answer has been sent, or the connection has ended. Balances `requestBegan`.
func requestCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let context, let request, let opaque = request.pointee else { return }
  request.pointee = nil
  let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeRetainedValue()
  Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().finish(exchange)
}

/// More of a stream's body is wanted. May suspend the connection, which libmicrohttpd allows here.
private func streamWanted(
  channel: UnsafeMutableRawPointer?, position: UInt64, buffer: UnsafeMutablePointer<CChar>?, capacity: Int
) -> Int {
  guard let channel else { return -1 }
  return Unmanaged<StreamChannel>.fromOpaque(channel)._withUnsafeGuaranteedRef {
    $0.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
  }
}

/// The response is destroyed, on whichever thread dropped its last reference. Balances `PreparedResponse.init`.
private func streamReleased(channel: UnsafeMutableRawPointer?) {
  guard let channel else { return }
  Unmanaged<StreamChannel>.fromOpaque(channel).release()
}

/// The answer to a WebSocket's handshake has been sent. The connection is suspended from then on, until its handle is
/// closed.
private func connectionUpgraded(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, request: UnsafeMutableRawPointer?,
  received: UnsafePointer<CChar>?, receivedCount: Int, descriptor: Int32, handle: OpaquePointer?
) {
  guard let context, let request, let handle else { return }
  Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().adopt(
    Unmanaged<Exchange>.fromOpaque(request).takeUnretainedValue(), descriptor: descriptor, handle: handle,
    received: UnsafeRawBufferPointer(start: received, count: received == nil ? 0 : receivedCount))
}

extension PreparedResponse {
  /// The answer to a handshake, to be sent once. nil as for other answers.
  convenience init?(upgrade handshake: WebSocketHandshake, headers: [HTTPHeader], _ core: ServerCore) {
    guard
      let created = MHD_create_response_for_upgrade(connectionUpgraded, Unmanaged.passUnretained(core).toOpaque())
    else { return nil }
    let own = [HTTPHeader("Upgrade", "websocket"), HTTPHeader("Sec-WebSocket-Accept", handshake.accept)]
    self.init(handle: created, status: 101, headers: own + headers)
  }

  /// The head of a stream, to be sent once. nil as for other answers.
  convenience init?(status: Int, headers: [HTTPHeader], channel: StreamChannel) {
    let retained = Unmanaged.passRetained(channel)
    guard
      let created = MHD_create_response_from_callback(
        .max, 16 * 1024, streamWanted, retained.toOpaque(), streamReleased)
    else {
      retained.release()
      return nil
    }
    self.init(handle: created, status: status, headers: headers)
  }
}

extension RequestHeaders {
  /// A copy of the headers of the connection's current request.
  init(of connection: OpaquePointer) {
    self.init(capacity: streampulse_http_header_bytes(connection))
    withUnsafeMutablePointer(to: &self) { headers in
      _ = MHD_get_connection_values_n(
        connection, MHD_HEADER_KIND,
        { context, _, name, nameCount, value, valueCount in
          guard let context, let name else { return MHD_YES }
          name.withMemoryRebound(to: UInt8.self, capacity: nameCount) { name in
            let name = UnsafeBufferPointer(start: name, count: nameCount)
            let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
            value.withMemoryRebound(to: UInt8.self) {
              context.assumingMemoryBound(to: RequestHeaders.self).pointee.append(name: name, value: $0)
            }
          }
          return MHD_YES
        }, headers)
    }
  }
}
