/// How to reach a Kafka cluster, and what the user wants said to librdkafka.
public struct KafkaConfiguration: Sendable {
  /// `host:port`, comma-separated.
  public var bootstrapServers: String
  /// librdkafka properties of the user. They win over our defaults; the few that delivery rests on
  /// (see `KafkaConsumer`) are refused when they differ from what is needed.
  public var properties: [(name: String, value: String)]
  /// Takes librdkafka's log lines; called on librdkafka's own threads, so it must not block for long and must not call
  /// into this module. nil: lines from warning up go to standard error, the rest is dropped.
  public var log: (@Sendable (KafkaLogLine) -> Void)?

  public init(
    bootstrapServers: String, properties: [(name: String, value: String)] = [],
    log: (@Sendable (KafkaLogLine) -> Void)? = nil
  ) {
    self.bootstrapServers = bootstrapServers
    self.properties = properties
    self.log = log
  }

  /// Whether the value of property `name` must never be shown.
  public static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["password", "secret", "key.pem", "oauthbearer.config", "jaas"].contains { name.contains($0) }
  }
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The configuration for a log line; secrets are replaced.
  public var description: String {
    let shown = properties.map { "\($0.name)=\(Self.isSecret($0.name) ? "***" : $0.value)" }
    return (["bootstrap.servers=\(bootstrapServers)"] + shown).joined(separator: " ")
  }

  public var debugDescription: String { description }

  /// `dump` and reflecting loggers see what `description` shows.
  public var customMirror: Mirror {
    Mirror(self, children: ["description": description])
  }
}

/// One line that librdkafka logs.
public struct KafkaLogLine: Sendable {
  public var level: KafkaLogLevel
  /// librdkafka's own tag for the kind of line, e.g. `FAIL` or `REQTMOUT`.
  public var facility: String
  public var message: String
}

/// syslog's levels; a smaller raw value is more severe.
public enum KafkaLogLevel: Int32, Sendable, Comparable {
  case emergency, alert, critical, error, warning, notice, info, debug

  public static func < (left: KafkaLogLevel, right: KafkaLogLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}
