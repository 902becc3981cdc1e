/// The topic of one of several streams: `KAFKA_TOPIC_TRIPS` is that of the stream `trips`.
public struct TopicSetting: Hashable, Sendable {
  public static let prefix = "KAFKA_TOPIC_"

  /// The variable.
  public var key: String
  public var topic: String
  /// Where it was set, for errors about it.
  public var origin: String

  /// The variable that sets the topic of a stream: what is no letter or digit of its name becomes `_`.
  public static func key(of stream: String) -> String {
    prefix + String(stream.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
