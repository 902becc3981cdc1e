import Events
import Plan

/// Bounds between which values are counted, ascending, in the form of the values: a value lies in as many of them as are not
/// greater than it, which is `width_bucket` of Postgres.
enum HistogramBounds {
  case integers([Int64])
  case decimals([Int128])
  case doubles([Double])

  /// - Parameters:
  ///   - literals: numbers.
  ///   - type: of the values.
  init(_ literals: [Literal], of type: SQLType) {
    switch type.physical {
    case .decimal: self = .decimals(literals.compactMap { $0.leastUnscaled(type.scale) })
    case .double: self = .doubles(literals.map(\.double))
    default:
      // A bound beyond all values at the lower end is one that all of them have reached; at the upper end none has.
      self = .integers(
        literals.compactMap { $0.leastUnscaled(0) }.filter { $0 <= Int64.max }.map { Int64(clamping: $0) })
    }
  }

  /// Counts a batch in the groups' buckets, of which there is one more than bounds.
  func add(
    _ column: Column, to buckets: StateColumn, _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?,
    _ count: Int
  ) {
    switch self {
    case .integers(let bounds): addValues(column.integers, bounds, buckets, groups, mask, count) { $0 <= $1 }
    case .decimals(let bounds): addValues(column.decimals, bounds, buckets, groups, mask, count) { $0 <= $1 }
    case .doubles(let bounds):
      addValues(column.doubles, bounds, buckets, groups, mask, count) { orderOfDoubles($0, $1) <= 0 }
    }
  }
}

@inline(__always)
private func addValues<Value>(
  _ values: UnsafeMutablePointer<Value>, _ bounds: [Value], _ buckets: StateColumn, _ groups: UnsafePointer<Int32>,
  _ mask: UnsafePointer<UInt8>?, _ count: Int, _ isReached: (_ bound: Value, _ value: Value) -> Bool
) {
  bounds.withUnsafeBufferPointer { bounds in
    for event in 0..<count where mask?[event] ?? 1 == 1 {
      var (low, high) = (0, bounds.count)
      while low < high {
        let middle = (low &+ high) &>> 1
        if isReached(bounds[middle], values[event]) { low = middle &+ 1 } else { high = middle }
      }
      buckets.cell(groups[event], of: Int64.self)[low] &+= 1
    }
  }
}

extension Literal {
  /// The least whole number of units of 10^-`scale` that is not below the number; nil: beyond all that there are. Far below
  /// them it is the least of all.
  fileprivate func leastUnscaled(_ scale: Int) -> Int128? {
    var (value, places): (Int128, Int) =
      switch self {
      case .integer(let value, _): (Int128(value), 0)
      case .numeric(let unscaled, let scale): (unscaled, scale)
      default: (0, 0)
      }
    while places < scale {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return value < 0 ? .min : nil }
      value = product
      places += 1
    }
    var isRounded = false
    while places > scale {
      isRounded = isRounded || value % 10 != 0
      value /= 10
      places -= 1
    }
    // Division goes towards zero: of negative numbers that is up already.
    return isRounded && isPositive ? value + 1 : value
  }

  private var isPositive: Bool {
    switch self {
    case .integer(let value, _): value > 0
    case .numeric(let unscaled, _): unscaled > 0
    default: false
    }
  }

  fileprivate var double: Double {
    switch self {
    case .integer(let value, _): Double(value)
    case .numeric(let unscaled, let scale): Double(DecimalText(unscaled: unscaled, scale: scale).text) ?? 0
    default: 0
    }
  }
}
