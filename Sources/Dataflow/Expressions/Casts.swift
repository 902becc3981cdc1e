import Events
import Functions
import JSON

/// Bytes of a `jsonb` as text.
private let maximumJSONBText = 16 << 20

/// The casts that change a value's form. Semantics are Postgres' (`CastTests` compares each with a server's): double to
/// integer rounds half to even, text is read as `TextInput` says.
func cast(
  _ input: Column, from: SQLType, _ output: Column, to: SQLType, _ failing: FailingRows, _ batch: EventBatch,
  _ count: Int
) {
  switch (from, to) {
  case (.bigint, .integer):
    for row in 0..<count {
      let value = input.integers[row]
      output.integers[row] = value
      if value != Int64(Int32(truncatingIfNeeded: value)) {
        failing.fail(row, output, .outOfRange, "integer out of range: \(value)")
      }
    }
  case (.integer, .doublePrecision), (.bigint, .doublePrecision):
    for row in 0..<count { output.doubles[row] = Double(input.integers[row]) }
  case (.numeric(let scale), .doublePrecision):
    for row in 0..<count { output.doubles[row] = doubleValue(input.decimals[row], scale: scale) }
  case (.doublePrecision, .integer), (.doublePrecision, .bigint):
    let range = to == .integer ? -2_147_483_648.0..<2_147_483_648.0 : -0x1p63..<0x1p63
    for row in 0..<count {
      let value = input.doubles[row].rounded(.toNearestOrEven)
      if range.contains(value) {
        output.integers[row] = Int64(value)
      } else {
        output.integers[row] = 0
        failing.fail(row, output, .outOfRange, "\(to.sqlName) out of range: \(input.doubles[row])")
      }
    }
  case (.integer, .numeric(let scale)), (.bigint, .numeric(let scale)):
    rescale(output, by: scale, failing, count) { Int128(input.integers[$0]) }
  case (.numeric(let places), .numeric(let scale)) where scale >= places:
    rescale(output, by: scale - places, failing, count) { input.decimals[$0] }
  case (.numeric(let scale), .integer), (.numeric(let scale), .bigint):
    for row in 0..<count {
      let value = Decimals.drop(scale, of: input.decimals[row], .nearest)
      output.integers[row] = Int64(truncatingIfNeeded: value)
      let isWithin = to == .integer ? Int32(exactly: value) != nil : Int64(exactly: value) != nil
      if !isWithin { failing.fail(row, output, .outOfRange, "\(to.sqlName) out of range: \(value)") }
    }
  case (.boolean, .integer):
    for row in 0..<count { output.integers[row] = Int64(input.booleans[row]) }
  case (.integer, .boolean):
    for row in 0..<count { output.booleans[row] = input.integers[row] == 0 ? 0 : 1 }
  case (.timestamptz, .date), (.timestamp, .date):
    for row in 0..<count { output.integers[row] = input.integers[row].flooredQuotient(CalendarDate.microsecondsPerDay) }
  case (.date, .timestamptz), (.date, .timestamp):
    for row in 0..<count {
      let days = input.integers[row]
      let (time, overflow) = days.multipliedReportingOverflow(by: CalendarDate.microsecondsPerDay)
      output.integers[row] = overflow ? 0 : time
      if overflow {
        failing.fail(row, output, .timeOutOfRange, "date out of range for timestamp: \(days) days since 1970-01-01")
      }
    }
  case (.jsonb, .text):
    jsonText(input, output, failing, batch, count)
  case (_, .text):
    for row in 0..<count {
      output.texts[row] = input.validity[row] == 1 ? batch.arena.append(textValue(input, row, from)) : .empty
    }
  case (.text, _):
    for row in 0..<count where input.validity[row] == 1 {
      let text = input.texts[row]
      do throws(TextInputError) {
        try readText(text.bytes, to, output, row)
      } catch {
        switch error {
        case .outOfRange:
          failing.fail(row, output, .outOfRange, "\"\(text.excerpt)\" is out of range for type \(to.sqlName)")
        case .syntax:
          failing.fail(
            row, output, .invalidText, "invalid input syntax for type \(to.sqlName): \"\(text.excerpt)\"")
        }
      }
    }
  default:
    // The planner offers no other cast; should it ever, the event is put aside instead of being counted wrongly.
    for row in 0..<count {
      failing.fail(row, output, .unresolvable, "no cast from \(from.sqlName) to \(to.sqlName)")
    }
  }
}

/// The same numbers with more decimal places.
private func rescale(
  _ output: Column, by places: Int, _ failing: FailingRows, _ count: Int, _ value: (Int) -> Int128
) {
  for row in 0..<count {
    output.decimals[row] = 0
    do throws(ScalarError) {
      output.decimals[row] = try Decimals.rescale(value(row), by: places)
    } catch {
      failing.fail(row, output, error.code, error.message)
    }
  }
}

func doubleValue(_ unscaled: Int128, scale: Int) -> Double {
  // Through text, because that is the only way to the correctly rounded value that Postgres also takes.
  Double("\(unscaled)e-\(scale)") ?? .nan
}

private func textValue(_ input: Column, _ row: Int, _ type: SQLType) -> String {
  switch type {
  case .boolean: input.booleans[row] == 1 ? "true" : "false"
  case .integer, .bigint: String(input.integers[row])
  case .doublePrecision: doubleText(input.doubles[row])
  case .numeric(let scale): decimalText(input.decimals[row], scale: scale)
  default: String(input.integers[row])
  }
}

func decimalText(_ unscaled: Int128, scale: Int) -> String {
  guard scale > 0 else { return String(unscaled) }
  var digits = String(unscaled.magnitude)
  if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
  return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
}

private func readText(
  _ text: UnsafeBufferPointer<UInt8>, _ type: SQLType, _ output: Column, _ row: Int
) throws(TextInputError) {
  switch type {
  case .integer, .bigint: output.integers[row] = try TextInput.integer(text, is32Bit: type == .integer)
  case .doublePrecision: output.doubles[row] = try TextInput.double(text)
  case .boolean: output.booleans[row] = try TextInput.boolean(text) ? 1 : 0
  default: throw .syntax
  }
}

/// A JSON document as Postgres shows it of `jsonb`, so that two spellings of one value are one text.
private func jsonText(
  _ input: Column, _ output: Column, _ failing: FailingRows, _ batch: EventBatch, _ count: Int
) {
  var text: [UInt8] = []
  for row in 0..<count {
    output.texts[row] = .empty
    guard input.validity[row] == 1, batch.live[row] == 1 else { continue }
    text.removeAll(keepingCapacity: true)
    do throws(JSONBError) {
      try appendJSONBText(of: input.texts[row].bytes, to: &text, limit: maximumJSONBText)
      output.texts[row] = text.withUnsafeBufferPointer { batch.arena.append($0) }
    } catch {
      switch error {
      case .syntax: failing.fail(row, output, .invalidText, "invalid input syntax for type jsonb")
      case .zeroCharacter: failing.fail(row, output, .untranslatable, "jsonb cannot hold U+0000")
      case .numberOutOfRange: failing.fail(row, output, .outOfRange, "a number in jsonb is out of numeric's range")
      case .tooLarge:
        failing.fail(
          row, output, .outOfRange, "the text of jsonb is longer than \(maximumJSONBText) bytes, or too deep")
      }
    }
  }
}

extension TextView {
  /// For messages.
  fileprivate var excerpt: Substring { description.prefix(100) }
}
