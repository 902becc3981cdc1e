/// Sums of deviations from a mean, by the method of Youngs and Cramer, step by step as Postgres' `float8_accum` does it: no
/// digits are lost when the mean is large and the deviations are small.
///
/// - Parameters:
///   - deviations: the sums of squares, which are the state.
///   - counts: how many values there were.
///   - sums: their sums.
func addDeviations(
  _ values: UnsafeMutablePointer<Double>, _ deviations: StateColumn, _ counts: StateColumn, _ sums: StateColumn,
  _ presences: StateColumn?, _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let group = groups[event]
    let value = values[event]
    let known = counts.cell(group, of: Double.self)
    let sum = sums.cell(group, of: Double.self)
    let state = deviations.cell(group, of: Double.self)
    let before = known.pointee
    let number = before + 1
    known.pointee = number
    sum.pointee += value
    if before > 0 {
      let deviation = value * number - sum.pointee
      state.pointee += deviation * deviation / (number * before)
    } else if !value.isFinite {
      state.pointee = .nan
    }
    presences?.cell(group, of: UInt8.self).pointee = 1
  }
}

/// The same for the products of two values' deviations, as Postgres' `float8_regr_accum` does it.
func addCodeviations(
  _ firsts: UnsafeMutablePointer<Double>, _ seconds: UnsafeMutablePointer<Double>, _ deviations: StateColumn,
  _ counts: StateColumn, _ firstSums: StateColumn, _ secondSums: StateColumn, _ presences: StateColumn?,
  _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let group = groups[event]
    let (first, second) = (firsts[event], seconds[event])
    let known = counts.cell(group, of: Double.self)
    let firstSum = firstSums.cell(group, of: Double.self)
    let secondSum = secondSums.cell(group, of: Double.self)
    let state = deviations.cell(group, of: Double.self)
    let before = known.pointee
    let number = before + 1
    known.pointee = number
    firstSum.pointee += first
    secondSum.pointee += second
    if before > 0 {
      let scale = 1 / (number * before)
      state.pointee += (first * number - firstSum.pointee) * (second * number - secondSum.pointee) * scale
    } else if !first.isFinite || !second.isFinite {
      state.pointee = .nan
    }
    presences?.cell(group, of: UInt8.self).pointee = 1
  }
}
