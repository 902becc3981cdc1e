/// The value of big-endian two's complement; nil when it does not fit 128 bits, or for no bytes at all.
func unscaledDecimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Int128? {
  guard let first = bytes.first else { return nil }
  let sign: Int128 = first & 0x80 == 0 ? 0 : -1
  var value = sign
  var significant = bytes[...]
  while significant.count > 16 {
    guard significant.removeFirst() == UInt8(truncatingIfNeeded: sign) else { return nil }
  }
  for byte in significant { value = value << 8 | Int128(byte) }
  return (value < 0) == (sign < 0) ? value : nil
}

/// Whether the value has at most `precision` digits.
func fits(_ value: Int128, precision: Int) -> Bool {
  precision >= powersOfTen.count || value.magnitude < powersOfTen[precision]
}

private let powersOfTen: [UInt128] = (1...38).reduce(into: [1]) { powers, exponent in
  powers.append(powers[exponent - 1] * 10)
}

/// Avro's duration (months, days and milliseconds, each 32 bits, little-endian) as ISO 8601, e.g. `P1M2DT3.004S`.
func durationText(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  func part(_ index: Int) -> UInt32 {
    UInt32(
      littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
  }
  let months = part(0)
  let days = part(1)
  let milliseconds = part(2)
  var text = "P"
  if months > 0 { text += "\(months)M" }
  if days > 0 { text += "\(days)D" }
  if milliseconds > 0 || text == "P" {
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    text += "T\(milliseconds / 1000)" + (milliseconds % 1000 == 0 ? "S" : ".\(fraction)S")
  }
  return text
}
