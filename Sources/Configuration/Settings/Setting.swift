import Access

/// What a setting's text must look like.
public enum SettingFormat: Hashable, Sendable {
  case text
  case integer(ClosedRange<Int>)
  /// A whole number, or the word for one that is found out.
  case count(ClosedRange<Int>, orAutomatic: String)
  case number(ClosedRange<Double>)
  case choice([String])
  /// `host:port`, several separated by commas.
  case servers
  /// Origins (`https://host[:port]`) separated by commas, or `*`.
  case origins
  case postgresURL
  /// `http://` and `https://` addresses separated by commas.
  case addresses
  /// One of them.
  case address
  /// `name=value,…`
  case pairs
  case file
  case folder
  /// A schema of Postgres that is nobody else's.
  case schema
  /// A name in a consumer group.
  case instance
  /// Entries of `AccessTokens`.
  case tokens

  /// What the help calls the value.
  var placeholder: String {
    switch self {
    case .text: "TEXT"
    case .integer, .number: "N"
    case .count(_, let word): "N|\(word)"
    case .choice(let names): names.joined(separator: "|")
    case .servers: "HOST:PORT,…"
    case .origins: "ORIGIN,…"
    case .postgresURL: "URL"
    case .addresses: "URL,…"
    case .address: "URL"
    case .pairs: "NAME=VALUE,…"
    case .file: "FILE"
    case .folder: "FOLDER"
    case .schema, .instance: "NAME"
    case .tokens: "TOKEN,…"
    }
  }

  /// The rule in words, for the documentation.
  public var rule: String {
    switch self {
    case .text: "text"
    case .integer(let range): "whole number in \(range.lowerBound)..\(range.upperBound)"
    case .count(let range, let word): "whole number in \(range.lowerBound)..\(range.upperBound), or \(word)"
    case .number(let range): "number in \(range.lowerBound)..\(range.upperBound)"
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .servers: "host:port, several separated by commas"
    case .origins: "origins such as https://example.org separated by commas, or *"
    case .postgresURL: "postgresql://user:password@host:port/database?option=value"
    case .addresses: "http:// or https:// addresses, several separated by commas"
    case .address: "http:// or https:// address"
    case .pairs: "name=value pairs separated by commas, values percent-encoded"
    case .file: "file"
    case .folder: "folder"
    case .tokens: "entries that streampulse token prints, separated by commas"
    case .instance: "1 to \(Self.maximumInstanceBytes) letters, digits and . _ -"
    case .schema: "name of at most \(Self.maximumSchemaBytes) bytes that does not begin with pg_ or end with _pulse"
    }
  }

  /// Whether `text` may be shown in a message: an address with a user in it holds a password, too.
  func isPublic(_ text: String) -> Bool {
    switch self {
    case .addresses, .address: !text.contains("@")
    default: true
    }
  }

  /// The role that reads and the schemas of the books are called after it, and Postgres' names have 63 bytes.
  private static let maximumSchemaBytes = 40
  /// Kafka's names have 249, and the worker's number comes behind it.
  private static let maximumInstanceBytes = 200

  /// nil when `text` is as it must be; else what it must be.
  func complaint(about text: String) -> String? {
    switch self {
    case .text:
      return text.isEmpty ? "must not be empty" : nil
    case .integer(let range):
      return Int(text).map(range.contains) == true ? nil : "must be a \(rule)"
    case .count(let range, let word):
      return text == word || Int(text).map(range.contains) == true ? nil : "must be a \(rule)"
    case .number(let range):
      return Double(text).map(range.contains) == true ? nil : "must be a \(rule)"
    case .choice(let names):
      return names.contains(text) ? nil : "must be \(rule)"
    case .servers:
      return splitList(text).allSatisfy(isServer) && !splitList(text).isEmpty ? nil : "must be \(rule)"
    case .origins:
      return text == "*" || splitList(text).allSatisfy(isOrigin) ? nil : "must be \(rule)"
    case .postgresURL:
      return text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") ? nil : "must be \(rule)"
    case .addresses:
      if text.contains("@") { return "must not hold a user or a password: they have settings of their own" }
      return splitList(text).allSatisfy(isAddress) && !splitList(text).isEmpty ? nil : "must be \(rule)"
    case .address:
      if text.contains("@") { return "must not hold a user or a password" }
      return isAddress(text) && !text.contains(",") ? nil : "must be an \(rule)"
    case .instance:
      return (1...Self.maximumInstanceBytes).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
        ? nil : "must be \(rule)"
    case .pairs: return KeyValueList.parse(text) == nil ? "must be \(rule)" : nil
    case .tokens:
      do throws(AccessTokenError) {
        _ = try AccessTokens(list: text)
        return nil
      } catch {
        return "cannot be used: \(error)"
      }
    case .file, .folder:
      return text.isEmpty ? "must not be empty" : nil
    case .schema:
      let isTaken =
        text.hasPrefix("pg_") || text.hasSuffix("_pulse") || text.hasSuffix("pulse_replay")
        || ["pulse", "information_schema"].contains(text)
      return text.isEmpty || isTaken || text.utf8.count > Self.maximumSchemaBytes || text.utf8.contains(0)
        ? "must be a \(rule)" : nil
    }
  }
}

/// The parts of a comma-separated list without surrounding blanks.
func splitList(_ text: String) -> [String] {
  text.split(separator: ",").map { part in
    String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }.filter { !$0.isEmpty }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"),
    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
    true
  default: false
  }
}

private func isServer(_ text: String) -> Bool {
  guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { return false }
  guard let port = Int(text[text.index(after: colon)...]) else { return false }
  return (1...65535).contains(port) && !text.contains("/") && !text.contains(" ")
}

private func isOrigin(_ text: String) -> Bool {
  for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
    let rest = text.dropFirst(scheme.count)
    return !rest.isEmpty && !rest.contains("/") && !rest.contains(" ") && !rest.contains("*")
  }
  return false
}

private func isAddress(_ text: String) -> Bool {
  for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
    let rest = text.dropFirst(scheme.count)
    return !rest.isEmpty && !rest.hasPrefix("/") && !rest.contains { " ?#\"\\".contains($0) || $0.isNewline }
  }
  return false
}

/// One documented setting.
public struct Setting: Hashable, Sendable {
  public enum Group: String, CaseIterable, Sendable {
    case kafka = "Kafka"
    case registry = "Schema registry"
    case postgres = "Postgres"
    case api = "API and dashboard"
    case engine = "Engine"
    case notifications = "Notifications"
    case tracing = "Tracing"
    case demo = "Demo load"
    case general = "General"
  }

  public var group: Group
  public var format: SettingFormat
  /// nil: no value by default; `defaultNote` says what that means.
  public var defaultValue: String?
  public var defaultNote: String?
  /// One line with the unit.
  public var summary: String
  /// Never shown and not accepted on the command line.
  public var isSecret: Bool

  init(
    _ group: Group, _ format: SettingFormat, default defaultValue: String? = nil, note: String? = nil,
    secret: Bool = false, _ summary: String
  ) {
    self.group = group
    self.format = format
    self.defaultValue = defaultValue
    defaultNote = note
    self.summary = summary
    isSecret = secret
  }
}
