// `rounded()` calls libm, which this links.
import Glibc

/// The text of an alert with places for values: `Error rate of {shop} is {value:percent}`.
public struct MessageTemplate: Hashable, Sendable {
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// A number with up to two decimal places; text as it is.
    case plain
    /// A share as a percentage with one decimal place.
    case percent
  }

  public enum Piece: Hashable, Sendable {
    case text(String)
    case value(name: String, format: Format)
  }

  public enum Value: Hashable, Sendable {
    case text(String)
    case number(Double)
  }

  public var pieces: [Piece]

  public init(pieces: [Piece]) {
    self.pieces = pieces
  }

  /// The message. A name that `values` does not have is left out.
  public func render(_ values: [String: Value]) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .value(let name, let format): values[name].map { Self.format($0, format) } ?? ""
      }
    }.joined()
  }

  private static func format(_ value: Value, _ format: Format) -> String {
    switch (value, format) {
    case (.text(let text), _): text
    case (.number(let number), .plain): decimal(number, places: 2, trimming: true)
    case (.number(let number), .percent): decimal(number * 100, places: 1, trimming: false) + " %"
    }
  }

  private static func decimal(_ number: Double, places: Int, trimming: Bool) -> String {
    let factor = places == 1 ? 10.0 : 100.0
    let scaled = (number * factor).rounded()
    // Beyond this a double has no decimal places left to show.
    guard abs(scaled) < 9e15 else { return String(number) }
    let text = DecimalText(unscaled: Int128(scaled), scale: places).text
    guard trimming else { return text }
    let short = String(text.reversed().drop { $0 == "0" }.reversed())
    return short.hasSuffix(".") ? String(short.dropLast()) : short
  }
}
