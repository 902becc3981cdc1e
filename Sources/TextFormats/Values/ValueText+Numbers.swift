import Events

extension ValueText {
  /// `integer` (32 bits) or `bigint`: digits with a sign or none.
  public static func integer(_ text: UnsafeBufferPointer<UInt8>, is32Bit: Bool) throws(ValueFault) -> Int64 {
    if let value = plainInteger(text, maximumDigits: is32Bit ? 9 : 18) { return value }
    do throws(TextInputError) {
      return try TextInput.integer(text, is32Bit: is32Bit)
    } catch {
      throw fault(error, text, (is32Bit ? SQLType.integer : .bigint).shortName)
    }
  }

  /// `double precision`: the nearest double to a decimal number. What is too large, or so small that it would be zero, is
  /// out of range. No hexadecimal, no NaN and no infinity.
  public static func double(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Double {
    if let value = commonDouble(text) { return value }
    do throws(TextInputError) {
      guard DecimalDigits(text) != nil else { throw .syntax }
      return try TextInput.double(text)
    } catch {
      throw fault(error, text, SQLType.doublePrecision.shortName)
    }
  }

  /// Digits of a `numeric` that the engine computes with.
  static let maximumPrecision = 38

  /// `numeric(p, s)`: the number in units of 10^-s, rounded half away from zero as Postgres does; a number that then has
  /// more than p digits is out of range.
  ///
  /// - Parameters:
  ///   - precision: up to 38 digits.
  ///   - scale: from 0 on.
  public static func decimal(
    _ text: UnsafeBufferPointer<UInt8>, precision: Int, scale: Int
  ) throws(ValueFault) -> Int128 {
    if let value = commonDecimal(text, precision: precision, scale: scale) { return value }
    do throws(TextInputError) {
      guard let digits = DecimalDigits(text) else { throw .syntax }
      let limit = min(precision, maximumPrecision)
      guard let (whole, rest) = digits.magnitude(scale: scale, limit: limit) else { throw .outOfRange }
      let magnitude = rest == .half || rest == .aboveHalf ? whole + 1 : whole
      guard magnitude < powersOfTen[limit] else { throw .outOfRange }
      return digits.isNegative ? -Int128(magnitude) : Int128(magnitude)
    } catch {
      throw fault(error, text, "numeric(\(precision),\(scale))")
    }
  }

  /// `boolean`: any unambiguous beginning of true, false, yes, no, on and off, or 1 and 0, in any case.
  public static func boolean(_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Bool {
    do throws(TextInputError) {
      return try TextInput.boolean(text)
    } catch {
      throw fault(error, text, SQLType.boolean.shortName)
    }
  }

  @inline(never)
  private static func fault(
    _ error: TextInputError, _ text: UnsafeBufferPointer<UInt8>, _ type: String
  ) -> ValueFault {
    switch error {
    case .syntax: ValueFault(.invalidText, "\(quoted(text)) is no \(type)")
    case .outOfRange: ValueFault(.outOfRange, "\(quoted(text)) is out of range for \(type)")
    }
  }
}

// MARK: - Common shapes

/// Digits with a minus or none, few enough to fit without a look at each sum: 18 digits fit 64 bits whatever they are.
@inline(__always)
func plainInteger(_ text: UnsafeBufferPointer<UInt8>, maximumDigits: Int) -> Int64? {
  let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
  let first = isNegative ? 1 : 0
  guard text.count > first, text.count - first <= maximumDigits else { return nil }
  var value: Int64 = 0
  for index in first..<text.count {
    let digit = digitValue(text[index])
    guard digit < 10 else { return nil }
    value = value &* 10 &+ Int64(digit)
  }
  return isNegative ? 0 &- value : value
}

/// A number of digits that fit 64 bits with a point among them or none, and nothing else.
@inline(__always)
private func plainNumber(_ text: UnsafeBufferPointer<UInt8>) -> (value: Int64, places: Int, isNegative: Bool)? {
  let isNegative = text.count > 1 && text[0] == UInt8(ascii: "-")
  let first = isNegative ? 1 : 0
  // Eighteen digits and a point.
  guard text.count > first, text.count - first <= 19 else { return nil }
  var value: Int64 = 0
  var point = -1
  for index in first..<text.count {
    let digit = digitValue(text[index])
    if digit < 10 {
      value = value &* 10 &+ Int64(digit)
    } else {
      guard text[index] == UInt8(ascii: "."), point < 0, index > first else { return nil }
      point = index
    }
  }
  // Without a point there may be one digit too many.
  if point < 0 { return text.count - first <= 18 ? (value, 0, isNegative) : nil }
  return (value, text.count &- point &- 1, isNegative)
}

@inline(__always)
private func commonDecimal(_ text: UnsafeBufferPointer<UInt8>, precision: Int, scale: Int) -> Int128? {
  guard let number = plainNumber(text), number.places <= scale, scale - number.places < powersOfTen.count - 19 else {
    return nil
  }
  let magnitude = UInt128(number.value) &* powersOfTen[scale - number.places]
  guard magnitude < powersOfTen[min(precision, ValueText.maximumPrecision)] else { return nil }
  return number.isNegative ? -Int128(magnitude) : Int128(magnitude)
}

/// A number below 2^53 divided by a power of ten that a double holds exactly is rounded once, and so correctly (William
/// Clinger, "How to read floating point numbers accurately").
@inline(__always)
private func commonDouble(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
  guard let number = plainNumber(text), number.value <= 1 << 53 else { return nil }
  let magnitude = Double(number.value) / exactPowersOfTen[number.places]
  return number.isNegative ? -magnitude : magnitude
}

/// 10^0 to 10^38.
let powersOfTen: [UInt128] = (1...38).reduce(into: [1]) { powers, exponent in
  powers.append(powers[exponent - 1] * 10)
}

/// 10^0 to 10^18, as doubles.
private let exactPowersOfTen: [Double] = powersOfTen.prefix(19).map { Double($0) }
