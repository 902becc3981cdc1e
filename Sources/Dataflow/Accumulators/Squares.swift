/// A sum of squares of whole numbers without an error: the square of a numeric may have twice its 27 digits.
struct WideSum {
  var high: UInt128
  var low: UInt128

  /// What it says as a `numeric`, in units of 10^-`scale`.
  func appendText(scale: Int, to text: inout [UInt8]) {
    let base: UInt128 = 10_000_000_000_000_000_000
    var groups: [UInt64] = []
    var (high, low) = (high, low)
    repeat {
      let upper = high.quotientAndRemainder(dividingBy: base)
      let lower = base.dividingFullWidth((upper.remainder, low))
      (high, low) = (upper.quotient, lower.quotient)
      groups.append(UInt64(lower.remainder))
    } while high > 0 || low > 0
    for (index, group) in groups.reversed().enumerated() {
      let digits = String(group).utf8
      if index > 0 { text += repeatElement(UInt8(ascii: "0"), count: 19 - digits.count) }
      text += digits
    }
    if scale > 0 { text += "e-\(scale)".utf8 }
  }
}

/// - Parameters:
///   - lows: the lower halves of the sums.
///   - highs: the upper ones.
func addSquares(
  _ values: UnsafeMutablePointer<Int64>, _ lows: StateColumn, _ highs: StateColumn, _ presences: StateColumn?,
  _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let size = UInt128(values[event].magnitude)
    addWide(0, size &* size, lows, highs, groups[event])
    presences?.cell(groups[event], of: UInt8.self).pointee = 1
  }
}

func addSquares(
  _ values: UnsafeMutablePointer<Int128>, _ lows: StateColumn, _ highs: StateColumn, _ presences: StateColumn?,
  _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let size = values[event].magnitude
    let square = size.multipliedFullWidth(by: size)
    addWide(square.high, square.low, lows, highs, groups[event])
    presences?.cell(groups[event], of: UInt8.self).pointee = 1
  }
}

@inline(__always)
private func addWide(_ high: UInt128, _ low: UInt128, _ lows: StateColumn, _ highs: StateColumn, _ group: Int32) {
  let total = lows.cell(group, of: UInt128.self)
  let (sum, carry) = total.pointee.addingReportingOverflow(low)
  total.pointee = sum
  if carry || high > 0 { highs.cell(group, of: UInt128.self).pointee &+= high &+ (carry ? 1 : 0) }
}
