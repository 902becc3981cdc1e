/// What Kafka lets a topic be called.
public enum TopicName {
  /// Kafka's own bound: a topic is a folder of the broker, `name-partition`.
  private static let longest = 249

  /// Why there can be no topic of that name; nil: there can.
  public static func refusal(of name: String) -> String? {
    let isLegal =
      (1...longest).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    return isLegal ? nil : "Kafka has no topic called '\(name)'"
  }

  /// The form of a name, for hints.
  public static let form = "a topic's name has 1 to \(longest) of the characters a-z, A-Z, 0-9, . _ and -"
}
