import CLibPQ
import Glibc
import SQLQuoting

/// A connection to Postgres: the owner of a `PGconn`.
///
/// One thread at a time, and every call blocks that thread; only `canceller` may be used from others. After an error
/// whose `isConnectionLost` is true the connection is useless and is to be closed.
public final class PostgresConnection {
  /// Longest wait for the server's next word; nil waits for ever (the server's `statement_timeout` is the gentler limit).
  /// When it is exceeded the connection is broken: what the server does meanwhile is unknown.
  public var responseTimeoutMilliseconds: Int?

  /// Cancels what runs on this connection; for other threads.
  public let canceller: Canceller

  /// The settings' schema.
  public let schema: String?

  var handle: OpaquePointer?
  var preparedStatements: [String: String] = [:]
  private let notices: NoticeBuffer
  private var isAbandoned = false

  /// Connects, or says why not within the settings' `connect_timeout`.
  public init(_ settings: ConnectionSettings) throws(PostgresError) {
    let handle = try connect(settings)
    PQsetnonblocking(handle, 1)
    let notices = NoticeBuffer()
    PQsetNoticeProcessor(handle, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
    self.handle = handle
    self.notices = notices
    canceller = Canceller(handle)
    schema = settings.schema
    if let schema { try execute("SET search_path TO \(quotedIdentifier(schema))") }
  }

  deinit {
    PQfinish(handle)
  }

  /// Says goodbye to the server. Further calls throw `.connection`.
  public func close() {
    PQfinish(handle)
    handle = nil
  }

  /// Whether the connection is lost or closed, as far as is known.
  public var isBroken: Bool { isAbandoned || PQstatus(handle) == CONNECTION_BAD }

  /// The server process of this connection, as in `pg_stat_activity.pid`.
  public var backendPID: Int32 { PQbackendPID(handle) }

  /// E.g. 150013 for 15.13.
  public var serverVersion: Int { Int(PQserverVersion(handle)) }

  public enum TransactionStatus: Sendable { case idle, active, inTransaction, inFailedTransaction, unknown }

  public var transactionStatus: TransactionStatus {
    switch PQtransactionStatus(handle) {
    case PQTRANS_IDLE: .idle
    case PQTRANS_ACTIVE: .active
    case PQTRANS_INTRANS: .inTransaction
    case PQTRANS_INERROR: .inFailedTransaction
    default: .unknown
    }
  }

  /// The server's notices and warnings since the last call; at most the last 100.
  public func takeNotices() -> [String] { notices.take() }

  /// Runs SQL that may hold several statements, which then are one transaction unless they say otherwise. Rows that come
  /// back are dropped.
  public func execute(_ sql: String) throws(PostgresError) {
    try send(sql) { PQsendQuery(handle, $0) }
    _ = try readToEnd()
  }

  /// Runs one statement.
  public func query(_ sql: String, _ parameters: [PostgresParameter] = []) throws(PostgresError) -> PostgresResult {
    try send(PostgresStatement(sql, parameters))
    return try only(readToEnd())
  }

  /// From now on the server asks for a sign of this end when it hears nothing, and ends the session within about 10 s after
  /// the host or the network was gone without a word: until then a transaction would keep its locks.
  public func keepAliveByServer() throws(PostgresError) {
    try execute(
      """
      SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
      SET tcp_user_timeout = 10000
      """)
  }

  /// Prepares a statement under a name; does nothing when the same was prepared before on this connection.
  public func prepare(_ name: String, _ sql: String) throws(PostgresError) {
    guard preparedStatements[name] != sql else { return }
    if preparedStatements[name] != nil {
      preparedStatements[name] = nil
      try execute(
        "DEALLOCATE \"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"")
    }
    try send(sql) { text in name.withCString { PQsendPrepare(handle, $0, text, 0, nil) } }
    _ = try readToEnd()
    preparedStatements[name] = sql
  }

  /// Runs a statement that `prepare` made.
  public func queryPrepared(
    _ name: String, _ parameters: [PostgresParameter] = []
  ) throws(PostgresError) -> PostgresResult {
    try send(PostgresStatement(prepared: name, parameters))
    return try only(readToEnd())
  }

  /// Asks the socket whether the connection has ended while it was idle. Does not send anything.
  public func checkAlive() -> Bool {
    // The server's last words, then the end of the stream: each is one read.
    for _ in 0..<4 {
      guard !isBroken, (try? wait(for: Int16(POLLIN), milliseconds: 0)) == Int16(POLLIN) else { break }
      if PQconsumeInput(handle) == 0 { abandon() }
      _ = PQisBusy(handle)
    }
    return !isBroken
  }
}

// MARK: The exchange of messages

extension PostgresConnection {
  func send(_ statement: PostgresStatement) throws(PostgresError) {
    let encoded = EncodedParameters(statement.parameters)
    switch statement.source {
    case .sql(let sql):
      try send(sql) { text in
        encoded.withPointers { count, types, values, lengths, formats in
          PQsendQueryParams(handle, text, count, types, values, lengths, formats, 0)
        }
      }
    case .prepared(let name):
      try send(name) { text in
        encoded.withPointers { count, _, values, lengths, formats in
          PQsendQueryPrepared(handle, text, count, values, lengths, formats, 0)
        }
      }
    }
  }

  /// Queues a message by one of libpq's functions, which gives 0 when it fails.
  func send(_ text: String, _ queue: (UnsafePointer<CChar>) -> Int32) throws(PostgresError) {
    guard !isBroken else { throw failure() }
    guard !text.utf8.contains(0) else { throw PostgresError(.protocolViolation("a statement holds a zero byte")) }
    if text.withCString(queue) == 0 { throw failure() }
  }

  /// Reads all results of what was sent and throws the first error among them.
  func readToEnd() throws(PostgresError) -> [PostgresResult] {
    var results: [PostgresResult] = []
    var error: PostgresError?
    while let result = try nextResult() {
      switch result {
      case .rows(let rows): results.append(rows)
      case .failed(let report): error = error ?? PostgresError(report)
      case .aborted, .synchronized: break
      }
    }
    if let error { throw error }
    return results
  }

  func only(_ results: [PostgresResult]) throws(PostgresError) -> PostgresResult {
    guard let result = results.first else { throw PostgresError(.protocolViolation("the server sent no result")) }
    return result
  }

  enum Outcome {
    case rows(PostgresResult)
    case failed(ServerReport)
    /// Not run, because a statement before it in the pipeline failed.
    case aborted
    /// The end of a pipeline.
    case synchronized
  }

  /// Sends what is queued while reading, so that neither side waits for the other with full buffers, until the next
  /// result is there; nil: no more results for this statement.
  func nextResult() throws(PostgresError) -> Outcome? {
    var isUnsent = try flush()
    while PQisBusy(handle) != 0 {
      let wanted = Int16(POLLIN) | (isUnsent ? Int16(POLLOUT) : 0)
      let ready = try wait(for: wanted, milliseconds: responseTimeoutMilliseconds)
      guard ready != 0 else {
        abandon()
        throw PostgresError(.timeout("no answer from Postgres within \(responseTimeoutMilliseconds ?? 0) ms"))
      }
      if ready & ~Int16(POLLOUT) != 0, PQconsumeInput(handle) == 0 { throw failure() }
      if isUnsent { isUnsent = try flush() }
    }
    guard let result = PQgetResult(handle) else {
      if isBroken { throw failure() }
      return nil
    }
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .rows(PostgresResult(result))
    case PGRES_PIPELINE_SYNC:
      PQclear(result)
      return .synchronized
    case PGRES_PIPELINE_ABORTED:
      PQclear(result)
      return .aborted
    case PGRES_FATAL_ERROR:
      defer { PQclear(result) }
      let report = ServerReport(result)
      // libpq's own messages have no code: the connection is lost.
      if report.sqlstate.isEmpty {
        abandon()
        throw PostgresError(.connection(report.message))
      }
      if report.endsConnection {
        abandon()
        throw PostgresError(report)
      }
      return .failed(report)
    default:
      PQclear(result)
      abandon()
      throw PostgresError(.protocolViolation("COPY and other special results are not supported"))
    }
  }

  /// True when not everything could be sent yet.
  private func flush() throws(PostgresError) -> Bool {
    switch PQflush(handle) {
    case 0: return false
    case 1: return true
    default:
      // The server may have said why before it closed: take that first.
      if PQconsumeInput(handle) != 0, PQstatus(handle) != CONNECTION_BAD { return false }
      throw failure()
    }
  }

  /// Waits for the socket.
  ///
  /// - Returns: the events that came, 0 when the time was up.
  func wait(for events: Int16, milliseconds: Int?) throws(PostgresError) -> Int16 {
    let socket = PQsocket(handle)
    guard socket >= 0 else { throw failure() }
    return pollSocket(socket, events, milliseconds)
  }

  /// The connection's state is unknown: nothing more is sent on it.
  func abandon() { isAbandoned = true }

  /// The error that libpq reports now.
  func failure() -> PostgresError {
    if handle == nil { return PostgresError(.connection("the connection is closed")) }
    let message = PQerrorMessage(handle)?.pointee == 0 ? "the connection is lost" : oneLine(PQerrorMessage(handle))
    guard PQstatus(handle) == CONNECTION_BAD || isAbandoned else { return PostgresError(.protocolViolation(message)) }
    abandon()
    return PostgresError(.connection(message))
  }
}

/// Keeps the last notices. Touched only by the thread that uses the connection, which is the one that libpq calls the
/// processor on.
private final class NoticeBuffer {
  private var messages: [String] = []

  func append(_ message: String) {
    if messages.count == 100 { messages.removeFirst() }
    messages.append(message)
  }

  func take() -> [String] {
    defer { messages = [] }
    return messages
  }
}

/// libpq's notice processor; `context` is the connection's `NoticeBuffer`, which outlives the handle.
private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ message: UnsafePointer<CChar>?) {
  guard let context else { return }
  Unmanaged<NoticeBuffer>.fromOpaque(context).takeUnretainedValue().append(oneLine(message))
}
