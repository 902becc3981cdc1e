import Glibc

/// The shortest text that reads back as the same value, in Postgres' form (extra_float_digits 1): an exponent from
/// 1e+15 up and below 1e-04.
public func doubleText(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
  let shortest = value.magnitude.description
  let parts = (isBetweenNeighbours(value.magnitude) ? shortestWithin(value.magnitude) : shortest).split(separator: "e")
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

/// The numbers of which the shortest decimal can lie half-way to a neighbour: it then has at most 17 significant digits,
/// which takes an integer, and one with few factors of five.
private let halvesReach = 0x1p53..<1e41

/// Whether the shortest decimal that reads back as the number lies exactly half-way to a neighbour. Reading rounds it to the
/// even one; Postgres does not count on that, and writes another decimal: 1e+23 is 9.999999999999999e+22 there.
private func isBetweenNeighbours(_ value: Double) -> Bool {
  guard halvesReach.contains(value), value.significandBitPattern & 1 == 0 else { return false }
  return !isStrictlyWithin(value.description, value)
}

/// Whether both the integers beside the decimal, an integer too, round to the number.
private func isStrictlyWithin(_ decimal: String, _ value: Double) -> Bool {
  let parts = decimal.split(separator: "e")
  let digits = parts[0].filter { $0 != "." }
  let whole = parts[0].prefix { $0 != "." }.count
  let length = whole + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
  var integer = Array(digits.utf8.prefix(length))
  integer += repeatElement(UInt8(ascii: "0"), count: length - integer.count)
  let above = String(decoding: integer, as: UTF8.self) + ".5"
  var index = integer.count - 1
  while index > 0, integer[index] == UInt8(ascii: "0") {
    integer[index] = UInt8(ascii: "9")
    index -= 1
  }
  integer[index] -= 1
  let below = String(decoding: integer, as: UTF8.self) + ".5"
  return Double(above) == value && Double(below) == value
}

/// The nearest decimal of the fewest digits that lies between the half-ways to both neighbours.
private func shortestWithin(_ value: Double) -> String {
  var text = [CChar](repeating: 0, count: 32)
  for places in 0..<17 {
    let length = withVaList([Int32(places), value]) { vsnprintf(&text, text.count, "%.*e", $0) }
    let decimal = String(decoding: text.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    if isStrictlyWithin(decimal, value) { return decimal }
  }
  return value.description
}
