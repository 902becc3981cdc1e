import Events
import Glibc
import Plan

// The inner loops: free functions over the columns' buffers, one operation a loop, so that the compiler can vectorise.

func copyValidity(_ input: Column, _ output: Column, _ count: Int) {
  if output.isNullable { output.validity.update(from: input.validity, count: count) }
}

func mergeValidity(_ first: Column, _ second: Column, _ output: Column, _ count: Int) {
  guard output.isNullable else { return }
  for row in 0..<count { output.validity[row] = first.validity[row] & second.validity[row] }
}

@inline(__always)
func mask(
  _ input: Column, _ under: UnsafeMutablePointer<UInt8>?, _ output: Column, _ count: Int,
  _ truth: (UInt8, UInt8) -> UInt8
) {
  if let under {
    for row in 0..<count { output.booleans[row] = truth(input.booleans[row], input.validity[row]) & under[row] }
  } else {
    for row in 0..<count { output.booleans[row] = truth(input.booleans[row], input.validity[row]) }
  }
}

func integerArithmetic(
  _ arithmetic: ArithmeticOperator, _ is32Bit: Bool, _ first: Column, _ second: Column, _ output: Column,
  _ failing: FailingRows, _ count: Int
) {
  for row in 0..<count {
    let left = first.integers[row]
    let right = second.integers[row]
    var result: Int64 = 0
    var overflow = false
    switch arithmetic {
    case .add: (result, overflow) = left.addingReportingOverflow(right)
    case .subtract: (result, overflow) = left.subtractingReportingOverflow(right)
    case .multiply: (result, overflow) = left.multipliedReportingOverflow(by: right)
    case .divide, .modulo:
      if right == 0 {
        failing.fail(row, output, .divisionByZero, "division by zero: \(left) \(arithmetic.rawValue) 0")
      } else if arithmetic == .divide {
        (result, overflow) = left.dividedReportingOverflow(by: right)
      } else {
        // Int64.min % -1 overflows in the machine although its value, 0, does not.
        result = right == -1 ? 0 : left % right
      }
    }
    output.integers[row] = result
    if overflow || (is32Bit && result != Int64(Int32(truncatingIfNeeded: result))) {
      failing.fail(
        row, output, .outOfRange,
        "\(is32Bit ? "integer" : "bigint") out of range: \(left) \(arithmetic.rawValue) \(right)")
    }
  }
}

/// Postgres' checks (float.h): an infinite result of finite operands is an overflow, a zero of non-zero ones an underflow,
/// and NaN divided by zero is NaN.
func doubleArithmetic(
  _ arithmetic: ArithmeticOperator, _ first: Column, _ second: Column, _ output: Column, _ failing: FailingRows,
  _ count: Int
) {
  for row in 0..<count {
    let left = first.doubles[row]
    let right = second.doubles[row]
    var result = 0.0
    var underflow = false
    switch arithmetic {
    case .add: result = left + right
    case .subtract: result = left - right
    case .multiply:
      result = left * right
      underflow = result == 0 && left != 0 && right != 0
    case .divide, .modulo:
      if right == 0, !left.isNaN {
        failing.fail(row, output, .divisionByZero, "division by zero: \(left) / 0")
      } else {
        result = left / right
        underflow = result == 0 && left != 0 && !right.isInfinite
      }
    }
    output.doubles[row] = result
    if (result.isInfinite && !left.isInfinite && !right.isInfinite) || underflow {
      failing.fail(
        row, output, .outOfRange,
        "value out of range: \(underflow ? "underflow" : "overflow") of \(left) \(arithmetic.rawValue) \(right)")
    }
  }
}

func compare<Value: Comparable>(
  _ comparison: ComparisonOperator, _ left: UnsafeMutablePointer<Value>, _ right: UnsafeMutablePointer<Value>,
  _ output: UnsafeMutablePointer<UInt8>, _ count: Int
) {
  switch comparison {
  case .equal: for row in 0..<count { output[row] = left[row] == right[row] ? 1 : 0 }
  case .notEqual: for row in 0..<count { output[row] = left[row] != right[row] ? 1 : 0 }
  case .less: for row in 0..<count { output[row] = left[row] < right[row] ? 1 : 0 }
  case .lessOrEqual: for row in 0..<count { output[row] = left[row] <= right[row] ? 1 : 0 }
  case .greater: for row in 0..<count { output[row] = left[row] > right[row] ? 1 : 0 }
  case .greaterOrEqual: for row in 0..<count { output[row] = left[row] >= right[row] ? 1 : 0 }
  }
}

/// As Postgres orders doubles: NaN equals itself and is greater than everything else.
func compareDoubles(
  _ comparison: ComparisonOperator, _ left: UnsafeMutablePointer<Double>, _ right: UnsafeMutablePointer<Double>,
  _ output: UnsafeMutablePointer<UInt8>, _ count: Int
) {
  for row in 0..<count {
    let order = orderOfDoubles(left[row], right[row])
    output[row] = comparison.holds(order) ? 1 : 0
  }
}

extension ComparisonOperator {
  /// Of two values of that order: negative when the left one is less, 0 when they are equal.
  @inline(__always)
  fileprivate func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}

@inline(__always)
func orderOfDoubles(_ left: Double, _ right: Double) -> Int {
  if left < right { return -1 }
  if left > right { return 1 }
  if left == right { return 0 }
  return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0)
}

@inline(__always)
func textsEqual(_ left: TextView, _ right: TextView) -> Bool {
  left.count == right.count && bytesEqual(left.start, right.start, left.count)
}

/// Eight bytes at a time, the last ones by an overlapping load: a title's length does not pay for a call of memcmp. Of up to
/// 32 bytes without a branch on their number, which nobody could foretell.
@inline(__always)
func bytesEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  guard count >= 8 else { return endWords(left, count) == endWords(right, count) }
  guard count < 64 else { return memcmp(left, right, count) == 0 }
  let left = UnsafeRawPointer(left)
  let right = UnsafeRawPointer(right)
  func difference(_ offset: Int) -> UInt64 {
    left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
  let last = count &- 8
  var differences = difference(0) | difference(min(8, last)) | difference(min(16, last)) | difference(last)
  var offset = 24
  while offset < last {
    differences |= difference(offset)
    offset &+= 8
  }
  return differences == 0
}

/// Order by bytes, as COLLATE "C" has it.
@inline(__always)
func orderOfTexts(_ left: TextView, _ right: TextView) -> Int {
  let order = Int(memcmp(left.start, right.start, min(left.count, right.count)))
  return order != 0 ? order : left.count - right.count
}

func compareTexts(
  _ comparison: ComparisonOperator, _ left: UnsafeMutablePointer<TextView>, _ right: UnsafeMutablePointer<TextView>,
  _ output: UnsafeMutablePointer<UInt8>, _ count: Int
) {
  for row in 0..<count {
    let order = orderOfTexts(left[row], right[row])
    output[row] = comparison.holds(order) ? 1 : 0
  }
}

/// The constant's first and last 8 (or 4) bytes are compared as integers: two loads instead of a call of memcmp for the
/// short words that statuses and codes are.
func textEquals(
  _ texts: UnsafeMutablePointer<TextView>, _ constant: TextView, negated: Bool, _ output: UnsafeMutablePointer<UInt8>,
  _ count: Int
) {
  let length = constant.count
  let expected: UInt8 = negated ? 0 : 1
  let pattern = UnsafeRawPointer(constant.start)
  if (4...7).contains(length) {
    let head = pattern.loadUnaligned(as: UInt32.self)
    let tail = pattern.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self)
    for row in 0..<count {
      var equal = false
      if texts[row].count == length {
        let raw = UnsafeRawPointer(texts[row].start)
        equal =
          raw.loadUnaligned(as: UInt32.self) == head
          && raw.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self) == tail
      }
      output[row] = equal ? expected : 1 - expected
    }
  } else if (8...16).contains(length) {
    let head = pattern.loadUnaligned(as: UInt64.self)
    let tail = pattern.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
    for row in 0..<count {
      var equal = false
      if texts[row].count == length {
        let raw = UnsafeRawPointer(texts[row].start)
        equal =
          raw.loadUnaligned(as: UInt64.self) == head
          && raw.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self) == tail
      }
      output[row] = equal ? expected : 1 - expected
    }
  } else {
    for row in 0..<count {
      output[row] = textsEqual(texts[row], constant) ? expected : 1 - expected
    }
  }
}
