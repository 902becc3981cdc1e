import Spelling

/// The topic of one of several streams: `KAFKA_TOPIC_TRIPS` is that of the stream `trips`.
public struct TopicSetting: Hashable, Sendable {
  public static let prefix = "KAFKA_TOPIC_"

  /// The variable.
  public var key: String
  public var topic: String
  /// Where it was set, for errors about it.
  public var origin: String

  static let environment = "environment"

  /// The environment holds other programs' variables, too.
  public var isOfEnvironment: Bool { origin == Self.environment }

  /// What is wrong when none of the streams has this variable.
  public func problem(streams: [String]) -> ConfigurationError.Problem? {
    let keys = streams.map(Self.key(of:))
    guard !keys.contains(key) else { return nil }
    func suffix(_ key: String) -> String { String(key.dropFirst(Self.prefix.count)) }
    // What all of them begin with says nothing about what was meant.
    let nearest = nearestSpelling(of: suffix(key), among: keys.map(suffix))
    return ConfigurationError.Problem(
      location: origin, message: "\(key): there is no stream \(suffix(key).lowercased())",
      hint: nearest.map { "did you mean \(Self.prefix)\($0)?" } ?? "there is \(keys.joined(separator: ", "))")
  }

  /// The variable that sets the topic of a stream: what is no letter or digit of its name becomes `_`.
  public static func key(of stream: String) -> String {
    prefix + String(stream.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
