import CMicrohttpd
import Glibc

/// An answer made once and sent any number of times: its body is copied when it is prepared and shared from then on.
///
/// Unchecked: libmicrohttpd counts a response's references under the response's own lock, and nothing is changed after
/// `init`.
public final class PreparedResponse: @unchecked Sendable {
  public let status: Int
  let handle: OpaquePointer

  /// nil when memory is exhausted or a header holds a control character.
  public convenience init?(_ response: HTTPResponse) {
    let created: OpaquePointer? =
      switch response.body {
      case .empty: MHD_create_response_from_buffer(0, nil, MHD_RESPMEM_PERSISTENT)
      case .bytes(let bytes): Self.copying(bytes)
      case .file(let file): Self.sending(file)
      }
    guard let created else { return nil }
    self.init(handle: created, status: response.status, headers: response.headers)
  }

  /// Takes over `handle`, also when it fails.
  init?(handle: OpaquePointer, status: Int, headers: [HTTPHeader]) {
    self.handle = handle
    self.status = status
    for header in headers where MHD_add_response_header(handle, header.name, header.value) != MHD_YES { return nil }
  }

  deinit { MHD_destroy_response(handle) }

  private static func copying(_ bytes: [UInt8]) -> OpaquePointer? {
    bytes.withUnsafeBytes { buffer in
      // The parameter is not const for the modes that own the buffer; this one only reads it.
      MHD_create_response_from_buffer(
        buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), MHD_RESPMEM_MUST_COPY)
    }
  }

  private static func sending(_ file: OpenFile) -> OpaquePointer? {
    // libmicrohttpd closes what it is given, and the file may be sent more than once.
    let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { return nil }
    guard let created = MHD_create_response_from_fd64(UInt64(file.size), copy) else {
      close(copy)
      return nil
    }
    return created
  }
}
