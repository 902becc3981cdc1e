/// How long a topic keeps records, against what a stream needs of it.
public struct TopicFacts: Hashable, Sendable {
  public var topic: String
  /// `cleanup.policy` and `retention.ms` as configured; nil: the brokers do not tell.
  public var cleanupPolicy: String?
  public var retentionMilliseconds: Int64?
  /// How long after it began a window may still get records.
  public var openMicroseconds: Int64

  /// No outage is mended faster.
  private static let shortestMilliseconds: Int64 = 3_600_000

  public init(topic: String, cleanupPolicy: String?, retentionMilliseconds: Int64?, openMicroseconds: Int64) {
    self.topic = topic
    self.cleanupPolicy = cleanupPolicy
    self.retentionMilliseconds = retentionMilliseconds
    self.openMicroseconds = openMicroseconds
  }

  /// - Parameter area: the stream.
  public func finding(_ area: String) -> Finding? {
    guard let kept = retentionMilliseconds, kept >= 0, cleanupPolicy.map({ $0.contains("delete") }) ?? true else {
      return nil
    }
    let needed = max(Self.shortestMilliseconds, openMicroseconds / 1000)
    guard kept < needed else { return nil }
    return .warning(
      area,
      "the topic \(topic) keeps records for \(duration(kept)), and a replay of an open window or a short outage needs "
        + duration(needed),
      "lengthen it: kafka-configs.sh --alter --topic \(topic) --add-config retention.ms=…")
  }

  private func duration(_ milliseconds: Int64) -> String {
    let minutes = milliseconds / 60_000
    return minutes < 120 ? "\(minutes) minutes" : minutes < 2880 ? "\(minutes / 60) hours" : "\(minutes / 1440) days"
  }
}
