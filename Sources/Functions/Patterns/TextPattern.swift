import Events

/// A regular expression that texts are held to, as the operator `~` knows it: it may match any part of them, and takes time
/// that grows with the text alone.
public struct TextPattern: Hashable, Sendable {
  /// As it was written.
  public let text: String
  private let expression: RegularExpression

  /// - Throws: what is wrong with it, or that it needs more than is given here.
  public init(_ text: String) throws(PreparationError) {
    var parser = RegularExpressionParser(text, ignoresCase: false)
    expression = try RegularExpression(try parser.parse())
    self.text = text
  }

  public func matches(_ value: String) -> Bool {
    var value = value
    return value.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return expression.matches(.empty) }
      return expression.matches(TextView(start: start, count: bytes.count))
    }
  }

  public static func == (left: TextPattern, right: TextPattern) -> Bool { left.text == right.text }

  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
