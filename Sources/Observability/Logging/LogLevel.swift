/// How important a message is.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
  case trace, debug, info, notice, warning, error

  /// From the text of `LOG_LEVEL`; nil for any other.
  public init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  public var name: String {
    switch self {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    }
  }

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// A value in a log line, with its type kept for JSON.
public enum LogValue: Hashable, Sendable {
  case text(String)
  case integer(Int64)
  case number(Double)
  case boolean(Bool)
}

/// What a message is about: a key from `LogKey` and a value.
public struct LogField: Hashable, Sendable {
  public var key: LogKey
  public var value: LogValue

  public init(_ key: LogKey, _ value: String) {
    self.key = key
    self.value = .text(value)
  }

  public init(_ key: LogKey, _ value: some BinaryInteger) {
    self.key = key
    self.value = .integer(Int64(clamping: value))
  }

  public init(_ key: LogKey, _ value: Double) {
    self.key = key
    self.value = .number(value)
  }

  public init(_ key: LogKey, _ value: Bool) {
    self.key = key
    self.value = .boolean(value)
  }
}

/// Every key that a log line may have, so that one thing has one name.
public enum LogKey: String, Sendable, CaseIterable {
  case aggregates, alert, alerts, attempt, bytes, code, codes, column, command, count, displaced, endpoints, events,
    expected,
    file,
    first,
    found, full, hint, host, key, last, late, letter, line, method, migration, offset, partition, partitions, path, pid,
    policy, port, reason
  case retryAfterSeconds = "retry_after_seconds"
  case request, route, rows, schema, seconds, server, severity,
    signal, sqlstate, status, stream, streams, suppressed, table, target, topic
  case trace = "trace_id"
  case url, version, workers
}
