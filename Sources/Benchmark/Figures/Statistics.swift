import Glibc

/// The middle value; the mean of the two middle ones of an even number.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The value that this share of all is not above (the nearest rank).
func percentile(_ share: Double, of values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  let rank = Int((share * Double(sorted.count)).rounded(.up))
  return sorted[min(max(rank, 1), sorted.count) - 1]
}

/// nil without values, or when one is not a number.
func range(of values: [Double]) -> ClosedRange<Double>? {
  guard let low = values.min(), let high = values.max(), low <= high else { return nil }
  return low...high
}

/// Least squares: how much `values` grow from one to the next.
func slope(of values: [Double]) -> Double {
  guard values.count > 1 else { return 0 }
  let middle = Double(values.count - 1) / 2
  let mean = values.reduce(0, +) / Double(values.count)
  var products = 0.0
  var squares = 0.0
  for (index, value) in values.enumerated() {
    let distance = Double(index) - middle
    products += distance * (value - mean)
    squares += distance * distance
  }
  return products / squares
}

/// About three significant digits, with k and M for large numbers.
func short(_ value: Double) -> String {
  switch value.magnitude {
  case 1e6...: return rounded(value / 1e6, places: 2) + " M"
  case 1e4...: return rounded(value / 1e3, places: 1) + " k"
  case 100...: return rounded(value, places: 0)
  case 1...: return rounded(value, places: 2)
  default: return rounded(value, places: 3)
  }
}

func rounded(_ value: Double, places: Int) -> String {
  var factor = 1.0
  for _ in 0..<places { factor *= 10 }
  let scaled = (value * factor).rounded()
  guard scaled.magnitude < 1e15 else { return String(value) }
  let whole = Int64(scaled)
  let sign = whole < 0 ? "-" : ""
  let digits = String(whole.magnitude)
  guard places > 0 else { return sign + digits }
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  return sign + padded.dropLast(places) + "." + padded.suffix(places)
}
