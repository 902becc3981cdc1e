import Events
import Plan

extension Literal {
  /// The constant that a quoted text is when `type` is wanted of it; nil when it is none.
  init?(parsing text: String, as type: SQLType) {
    switch type {
    case .text: self = .text(text, .text)
    case .integer:
      guard let value = Int32(text) else { return nil }
      self = .integer(Int64(value), .integer)
    case .bigint:
      guard let value = Int64(text) else { return nil }
      self = .integer(value, .bigint)
    case .numeric:
      guard let value = DecimalText(text) else { return nil }
      self = .numeric(unscaled: value.unscaled, scale: value.scale)
    case .doublePrecision:
      // Swift reads hexadecimal numbers, Postgres does not.
      guard !text.contains(where: { $0 == "x" || $0 == "X" }), let value = Double(text) else { return nil }
      self = .double(value)
    case .boolean:
      switch text.lowercased() {
      case "t", "true", "y", "yes", "on", "1": self = .boolean(true)
      case "f", "false", "n", "no", "off", "0": self = .boolean(false)
      default: return nil
      }
    case .timestamptz:
      guard let value = DateTime.timestamptzMicroseconds(parsing: text) else { return nil }
      self = .integer(value, .timestamptz)
    case .timestamp:
      guard let value = DateTime.timestampMicroseconds(parsing: text) else { return nil }
      self = .integer(value, .timestamp)
    case .date:
      guard let value = DateTime.days(parsing: text) else { return nil }
      self = .integer(value, .date)
    case .time:
      guard let value = DateTime.timeMicroseconds(parsing: text) else { return nil }
      self = .integer(value, .time)
    case .uuid:
      let lower = text.lowercased()
      let isCanonical =
        lower.utf8.count == 36
        && lower.utf8.enumerated().allSatisfy { index, byte in
          [8, 13, 18, 23].contains(index)
            ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
      guard isCanonical else { return nil }
      self = .text(lower, .uuid)
    case .bytea, .jsonb: return nil
    }
  }

  /// The constant of the number types, converted without a cast at run time; nil when the value does not fit.
  func converted(to type: SQLType) -> Literal? {
    switch (self, type) {
    case (_, _) where self.type == type: return self
    case (.null, _): return .null(type)
    case (.integer(let value, _), .integer): return Int32(exactly: value).map { .integer(Int64($0), .integer) }
    case (.integer(let value, _), .bigint): return .integer(value, .bigint)
    case (.integer(let value, .integer), .doublePrecision), (.integer(let value, .bigint), .doublePrecision):
      return .double(Double(value))
    case (.integer(let value, .integer), .numeric(let scale)), (.integer(let value, .bigint), .numeric(let scale)):
      return DecimalText(unscaled: Int128(value), scale: 0).rescaled(to: scale).map {
        .numeric(unscaled: $0.unscaled, scale: scale)
      }
    case (.numeric(let unscaled, let scale), .numeric(let target)):
      return DecimalText(unscaled: unscaled, scale: scale).rescaled(to: target).map {
        .numeric(unscaled: $0.unscaled, scale: target)
      }
    case (.numeric(let unscaled, let scale), .doublePrecision):
      return Double(DecimalText(unscaled: unscaled, scale: scale).text).map(Literal.double)
    default: return nil
    }
  }
}
