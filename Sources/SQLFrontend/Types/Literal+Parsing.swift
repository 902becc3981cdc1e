import Events
import Plan

extension Literal {
  /// The constant that a quoted text is when `type` is wanted of it; nil when it is none.
  init?(parsing text: String, as type: SQLType) {
    switch type {
    case .text: self = .text(text, .text)
    case .integer, .bigint:
      let is32Bit = type == .integer
      guard let value = text.read({ bytes throws(TextInputError) in try TextInput.integer(bytes, is32Bit: is32Bit) })
      else { return nil }
      self = .integer(value, type)
    case .numeric:
      guard let value = DecimalText(text) else { return nil }
      self = .numeric(unscaled: value.unscaled, scale: value.scale)
    case .doublePrecision:
      guard let value = text.read(TextInput.double) else { return nil }
      self = .double(value)
    case .boolean:
      guard let value = text.read(TextInput.boolean) else { return nil }
      self = .boolean(value)
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
      guard let value = text.read(TextInput.uuid) else { return nil }
      self = .text(value, .uuid)
    case .bytea, .jsonb, .bits, .bigints, .array: return nil
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
