import CLibPQ
import Glibc
import Hexadecimal

/// Where to connect and as whom. No way of printing it shows the password.
public struct ConnectionSettings: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// libpq's keywords (`host`, `application_name`, `options`, …) with their values.
  private var values: [String: String]
  /// The one schema in which names without a schema are looked for; nil: what the server's `search_path` says.
  public var schema: String?

  /// Keepalives and timeouts notice within half a minute that a server vanished without a word.
  private static let defaults = [
    "application_name": "streampulse", "client_encoding": "UTF8", "connect_timeout": "10", "keepalives_idle": "10",
    "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "30000",
  ]

  /// From parts. A nil password leaves it to `.pgpass` or to a server that wants none.
  public init(host: String, port: Int, database: String, user: String, password: String?) {
    values = Self.defaults
    values["host"] = host
    values["port"] = String(port)
    values["dbname"] = database
    values["user"] = user
    values["password"] = password
  }

  /// From `postgresql://user:password@host:port/database?keyword=value`.
  ///
  /// - Throws: `.protocolViolation` that says what is wrong without repeating any of it.
  public init(url: String) throws(PostgresError) {
    guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
      throw PostgresError(.protocolViolation("the database URL does not begin with postgresql://"))
    }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      // The message may quote a part of the password.
      PQfreemem(message)
      throw PostgresError(
        .protocolViolation("the database URL is not of the form postgresql://user:password@host:port/database"))
    }
    defer { PQconninfoFree(options) }
    values = Self.defaults
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    // A bare @ or / in a password leaves its rest in the host or the database, which messages name.
    guard values["host"]?.contains("@") != true, values["user"] != nil || !url.contains("@") else {
      throw PostgresError(
        .protocolViolation("the database URL is ambiguous: in user and password, @ is written %40 and / is written %2F")
      )
    }
    if let ports = values["port"], !ports.split(separator: ",").allSatisfy({ Int($0) != nil }) {
      throw PostgresError(.protocolViolation("the port in the database URL is not a number"))
    }
  }

  /// The same with another value for one of libpq's keywords.
  public func with(_ keyword: String, _ value: String) -> ConnectionSettings {
    var copy = self
    copy.values[keyword] = value
    return copy
  }

  public var host: String? { values["host"] }
  public var port: Int? { values["port"].flatMap { Int($0) } }
  public var database: String? { values["dbname"] }
  public var user: String? { values["user"] }

  /// With the password: for a file that only its owner may read, never for a log.
  public var urlWithPassword: String { url(password: values["password"].map(percentEncoded)) }

  /// `postgresql://user:********@host:port/database`.
  public var description: String { url(password: values["password"] == nil ? nil : "********") }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }

  private func url(password: String?) -> String {
    var text = "postgresql://"
    if let user { text += percentEncoded(user) + (password.map { ":" + $0 } ?? "") + "@" }
    // An IPv6 address has colons of its own.
    if let host { text += host.contains(":") ? "[\(host)]" : host.hasPrefix("/") ? percentEncoded(host) : host }
    if let port = values["port"] { text += ":\(port)" }
    return text + "/" + percentEncoded(database ?? "")
  }

  /// The time for a connection attempt in milliseconds; nil for no limit.
  var connectTimeoutMilliseconds: Int? {
    values["connect_timeout"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 * 1000 : nil }
  }

  /// Begins to connect. The result is to be freed with `PQfinish`; nil only without memory.
  func startConnecting() -> OpaquePointer? {
    let pairs = values.sorted { $0.key < $1.key }
    var keywords: [UnsafePointer<CChar>?] = pairs.map { UnsafePointer(strdup($0.key)) }
    var texts: [UnsafePointer<CChar>?] = pairs.map { UnsafePointer(strdup($0.value)) }
    defer {
      for pointer in keywords + texts { free(UnsafeMutablePointer(mutating: pointer)) }
    }
    keywords.append(nil)
    texts.append(nil)
    return PQconnectStartParams(keywords, texts, 0)
  }
}
