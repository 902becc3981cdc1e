import Events

private let microsecondsPerDay: Int64 = 86_400_000_000

/// The casts that change a value's form. Semantics are Postgres': double to integer rounds half to even, text is read
/// with surrounding blanks allowed.
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
  case (.boolean, .integer):
    for row in 0..<count { output.integers[row] = Int64(input.booleans[row]) }
  case (.integer, .boolean):
    for row in 0..<count { output.booleans[row] = input.integers[row] == 0 ? 0 : 1 }
  case (.timestamptz, .date), (.timestamp, .date):
    for row in 0..<count { output.integers[row] = floorDivide(input.integers[row], microsecondsPerDay) }
  case (.date, .timestamptz), (.date, .timestamp):
    for row in 0..<count { output.integers[row] = input.integers[row] &* microsecondsPerDay }
  case (_, .text):
    for row in 0..<count {
      output.texts[row] = input.validity[row] == 1 ? batch.arena.append(textValue(input, row, from)) : .empty
    }
  case (.text, _):
    for row in 0..<count where input.validity[row] == 1 {
      if !readText(input.texts[row], to, output, row) {
        failing.fail(
          row, output, .invalidText,
          "invalid input syntax for type \(to.sqlName): \"\(input.texts[row].description.prefix(100))\"")
      }
    }
  default:
    // The planner offers no other cast; should it ever, the event is put aside instead of being counted wrongly.
    for row in 0..<count {
      failing.fail(row, output, .unresolvable, "no cast from \(from.sqlName) to \(to.sqlName)")
    }
  }
}

/// Division that rounds towards negative infinity; `divisor` is positive.
@inline(__always)
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}

func doubleValue(_ unscaled: Int128, scale: Int) -> Double {
  // Through text, because that is the only way to the correctly rounded value that Postgres also takes.
  Double("\(unscaled)e-\(scale)") ?? .nan
}

private func textValue(_ input: Column, _ row: Int, _ type: SQLType) -> String {
  switch type {
  case .boolean: input.booleans[row] == 1 ? "true" : "false"
  case .integer, .bigint: String(input.integers[row])
  case .doublePrecision: postgresText(input.doubles[row])
  case .numeric(let scale): decimalText(input.decimals[row], scale: scale)
  default: String(input.integers[row])
  }
}

/// The shortest text that reads back as the same value, in Postgres' form (extra_float_digits 1): an exponent from
/// 1e+15 up and below 1e-04.
private func postgresText(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
  let parts = value.magnitude.description.split(separator: "e")
  let sign = value.sign == .minus ? "-" : ""
  var digits = String(parts[0].filter { $0 != "." })
  let point = parts[0].firstIndex(of: ".").map { parts[0].distance(from: parts[0].startIndex, to: $0) } ?? digits.count
  var exponent = point - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
  while digits.count > 1, digits.hasPrefix("0") {
    digits.removeFirst()
    exponent -= 1
  }
  while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
  if digits == "0" { return sign + "0" }
  if exponent < -4 || exponent >= 15 {
    let fraction = digits.dropFirst()
    let power = (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + power
  }
  if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
  if digits.count <= exponent + 1 {
    return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
  }
  return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
}

func decimalText(_ unscaled: Int128, scale: Int) -> String {
  guard scale > 0 else { return String(unscaled) }
  var digits = String(unscaled.magnitude)
  if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
  return (unscaled < 0 ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
}

private func readText(_ text: TextView, _ type: SQLType, _ output: Column, _ row: Int) -> Bool {
  var bytes = text.bytes[...]
  let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
  while let first = bytes.first, blanks.contains(first) { bytes.removeFirst() }
  while let last = bytes.last, blanks.contains(last) { bytes.removeLast() }
  let trimmed = String(decoding: bytes, as: UTF8.self)
  switch type {
  case .integer, .bigint:
    guard let value = Int64(trimmed), type == .bigint || value == Int64(Int32(truncatingIfNeeded: value)) else {
      return false
    }
    output.integers[row] = value
  case .doublePrecision:
    guard let value = readDouble(trimmed) else { return false }
    output.doubles[row] = value
  case .boolean:
    guard let value = readBoolean(trimmed.lowercased()) else { return false }
    output.booleans[row] = value ? 1 : 0
  default: return false
  }
  return true
}

private func readDouble(_ text: String) -> Double? {
  switch text.lowercased() {
  case "nan": return .nan
  case "infinity", "inf", "+infinity", "+inf": return .infinity
  case "-infinity", "-inf": return -.infinity
  default:
    // Swift also reads hexadecimal floats, which Postgres 15 does not promise.
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}

/// Postgres takes any unambiguous prefix of these words.
private func readBoolean(_ text: String) -> Bool? {
  if text.isEmpty { return nil }
  if text == "1" || text == "on" || "true".hasPrefix(text) || "yes".hasPrefix(text) { return true }
  if text == "0" || (text.count > 1 && "off".hasPrefix(text)) || "false".hasPrefix(text) || "no".hasPrefix(text) {
    return false
  }
  return nil
}
