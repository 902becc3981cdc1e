import CLibPQ
import Glibc
import Threads

/// Connects and returns the handle; frees it on failure.
func connect(_ settings: ConnectionSettings) throws(PostgresError) -> OpaquePointer {
  guard let handle = settings.startConnecting() else {
    throw PostgresError(.connection("out of memory"))
  }
  if let error = finishConnecting(handle, settings) {
    PQfinish(handle)
    throw error
  }
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
  return handle
}

private func finishConnecting(_ handle: OpaquePointer, _ settings: ConnectionSettings) -> PostgresError? {
  // libpq has no field for the code of an error at connection time; in verbose messages it can be read.
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
  let limit = settings.connectTimeoutMilliseconds
  let began = Clock.monotonicMilliseconds()
  var state = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
  while state != PGRES_POLLING_OK {
    guard state != PGRES_POLLING_FAILED else { return connectionFailure(PQerrorMessage(handle)) }
    let events = state == PGRES_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT)
    let left = limit.map { max(0, $0 - (Clock.monotonicMilliseconds() - began)) }
    if left == 0 || pollSocket(PQsocket(handle), events, left) == 0 {
      return PostgresError(
        .timeout("no connection to \(settings) within \((limit ?? 0) / 1000) s"))
    }
    state = PQconnectPoll(handle)
  }
  return nil
}

/// The server's refusal if the message holds one (`… failed: FATAL:  28P01: password authentication failed …`), else
/// libpq's own words.
private func connectionFailure(_ message: UnsafePointer<CChar>?) -> PostgresError {
  guard let message else { return PostgresError(.connection("unknown error")) }
  let lines = String(cString: message).split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
  for line in lines.reversed() {
    let characters = Array(line)
    guard characters.count > 10 else { continue }
    for start in 0..<(characters.count - 9) {
      let code = characters[(start + 3)..<(start + 8)]
      let isCode = code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
      guard characters[start] == ":", characters[start + 1] == " ", characters[start + 2] == " ", isCode,
        characters[start + 8] == ":", characters[start + 9] == " "
      else { continue }
      return PostgresError(ServerReport(sqlstate: String(code), message: String(characters[(start + 10)...])))
    }
  }
  return PostgresError(.connection(lines.joined(separator: "; ")))
}

/// Waits for a socket; returns the events that came, 0 when the time was up. nil waits for ever.
func pollSocket(_ socket: Int32, _ events: Int16, _ milliseconds: Int?) -> Int16 {
  let began = Clock.monotonicMilliseconds()
  while true {
    let left = milliseconds.map { Int32(clamping: max(0, $0 - (Clock.monotonicMilliseconds() - began))) } ?? -1
    var descriptor = pollfd(fd: socket, events: events, revents: 0)
    let count = poll(&descriptor, 1, left)
    if count >= 0 { return count == 0 ? 0 : descriptor.revents }
    // A signal interrupts; anything else shows at the next read.
    if errno != EINTR { return events }
  }
}
