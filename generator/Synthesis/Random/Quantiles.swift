/// A distribution by its quantiles, which lie evenly from the least to the greatest value. Between them it is uniform.
public struct Quantiles: Sendable {
  private let values: [Double]

  /// - Parameter values: ascending, two at least.
  public init(_ values: [Double]) {
    precondition(values.count >= 2 && zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "quantiles ascend")
    self.values = values
  }

  /// The value that a uniform number from 0 up to 1 stands for.
  public func value(_ fraction: Double) -> Double {
    let place = fraction * Double(values.count - 1)
    let index = min(Int(place), values.count - 2)
    return values[index] + (values[index + 1] - values[index]) * (place - Double(index))
  }
}
