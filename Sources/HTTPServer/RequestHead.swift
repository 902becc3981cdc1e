import CMicrohttpd
import Glibc

/// A GET request as it came: nothing of it is copied or decoded but the target's bytes. To be looked at, not kept.
public struct RequestHead: ~Copyable {
  /// The middle part of the request line, not decoded.
  public let target: [UInt8]
  private let connection: OpaquePointer

  init(target: [UInt8], connection: OpaquePointer) {
    self.target = target
    self.connection = connection
  }

  /// The value of the first header of that name, whatever the case of its letters; nil also when it has none.
  public func header(_ name: StaticString) -> String? {
    guard let value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name.utf8Start) else { return nil }
    return String(cString: value)
  }

  /// The same without a text of its own: the bytes end with the call.
  public func withHeader<Result>(_ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) -> Result) -> Result {
    guard let value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name.utf8Start) else { return body(nil) }
    let count = strlen(value)
    return value.withMemoryRebound(to: UInt8.self, capacity: count) {
      body(UnsafeBufferPointer(start: $0, count: count))
    }
  }

  /// The client's end of the connection.
  public var remoteAddress: RemoteAddress { RemoteAddress(streampulse_http_client_address(connection)) }

  public func hasHeader(_ name: StaticString) -> Bool {
    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name.utf8Start) != nil
  }
}
