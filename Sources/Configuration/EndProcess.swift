import Glibc

/// Ends the process with this status, whatever threads there still are: what was printed is written out, but nothing is
/// torn down below them, as `exit` does (OpenSSL frees what a connecting thread works with).
///
/// Commands stop and join what they started before; what may be left are idle threads of a librdkafka client that could
/// not be ended.
public func endProcess(status: Int32) -> Never {
  fflush(nil)
  _exit(status)
}
