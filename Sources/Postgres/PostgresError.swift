import CLibPQ

/// Anything that went wrong with Postgres. Never contains a password.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// The server was not reached, or the connection is gone, for whatever reason the server gave. Nothing is known
    /// about what was under way.
    case connection(String)
    /// The server refused a statement or the connection; the message is its own.
    case server(ServerReport)
    /// Nothing came back in time. The connection is closed.
    case timeout(String)
    /// Something that this module or its caller does not expect: settings that cannot be understood, COPY.
    case protocolViolation(String)
    /// The pool took no more jobs, or is closed.
    case unavailable(String)
  }

  public var kind: Kind
  /// Which statement of a pipeline failed, counted from 0.
  public var statementIndex: Int?

  init(_ report: ServerReport, statementIndex: Int? = nil) {
    self.init(report.endsConnection ? .connection(report.description) : .server(report), statementIndex: statementIndex)
  }

  public init(_ kind: Kind, statementIndex: Int? = nil) {
    self.kind = kind
    self.statementIndex = statementIndex
  }

  /// The server's error code, e.g. "40001".
  public var sqlstate: String? {
    if case .server(let report) = kind { report.sqlstate } else { nil }
  }

  /// The connection was lost or could not be made: whether the last transaction was committed is unknown.
  public var isConnectionLost: Bool {
    switch kind {
    case .connection, .timeout: true
    case .server, .protocolViolation, .unavailable: false
    }
  }

  /// Whether the same work can succeed when it is tried again.
  public var isRetryable: Bool {
    guard case .server(let report) = kind else { return isConnectionLost }
    // Serialization failure, deadlock, lock not available; resources (disk, memory, connections) come back.
    return ["40001", "40P01", "55P03"].contains(report.sqlstate) || report.sqlstate.hasPrefix("53")
  }

  /// A lock was not got within `lock_timeout`.
  public var isLockNotAvailable: Bool { sqlstate == "55P03" }

  /// A statement was cancelled: by its time limit, or by `Canceller`.
  public var isStatementCancelled: Bool { sqlstate == "57014" }

  /// One line.
  public var description: String {
    let text =
      switch kind {
      case .connection(let message), .timeout(let message), .protocolViolation(let message), .unavailable(let message):
        message
      case .server(let report): report.description
      }
    return text + (statementIndex.map { " (statement \($0) of the pipeline)" } ?? "")
  }
}

/// An error report of the server.
public struct ServerReport: Sendable, CustomStringConvertible {
  public var sqlstate: String
  public var message: String
  public var detail: String?
  public var hint: String?
  public var context: String?
  public var constraint: String?
  public var table: String?
  public var column: String?
  /// Where in the statement, in characters from 1.
  public var position: Int?

  public init(sqlstate: String, message: String) {
    self.sqlstate = sqlstate
    self.message = message
  }

  init(_ result: OpaquePointer?) {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    sqlstate = field("C") ?? ""
    message = field("M") ?? oneLine(PQresultErrorMessage(result))
    detail = field("D")
    hint = field("H")
    context = field("W")
    constraint = field("n")
    table = field("t")
    column = field("c")
    position = field("P").flatMap { Int($0) }
  }

  /// Whether the server closed the connection with it: shutdown, crash, start-up, idle session, connection exceptions.
  /// Not 08P01, which is its complaint about what was sent.
  var endsConnection: Bool {
    ["57P01", "57P02", "57P03", "57P05"].contains(sqlstate) || (sqlstate.hasPrefix("08") && sqlstate != "08P01")
  }

  public var description: String {
    var text = "\(message) (\(sqlstate))"
    if let detail { text += "; \(detail)" }
    if let hint { text += "; hint: \(hint)" }
    return text.split(separator: "\n").joined(separator: " ")
  }
}

/// libpq's messages end in a newline and may hold several.
func oneLine(_ message: UnsafePointer<CChar>?) -> String {
  guard let message else { return "unknown error" }
  let text = String(cString: message).split(separator: "\n").joined(separator: "; ")
  return text.isEmpty ? "unknown error" : text
}
