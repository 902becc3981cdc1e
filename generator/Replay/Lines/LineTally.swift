/// Counts the lines that could not be parsed and says which of them to show: the first few, each with its reason.
public struct LineTally {
  public private(set) var refused = 0
  private static let shown = 5

  public init() {}

  /// A line for a person, nil once enough have been shown.
  public mutating func refuse(_ number: UInt64, _ reason: String) -> String? {
    refused += 1
    guard refused <= Self.shown else { return nil }
    return "line \(number): \(reason)"
  }
}
