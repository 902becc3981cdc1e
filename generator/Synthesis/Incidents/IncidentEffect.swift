/// What an incident does, as `NAME` or `NAME=STRENGTH`.
public struct IncidentEffect: Equatable, Sendable {
  public var name: String
  public var strength: Double

  /// - Parameters:
  ///   - known: the names that there are, each with the strength that it has without one and the limits of it.
  public init(
    parsing text: String, known: [(name: String, usual: Double, limits: ClosedRange<Double>)]
  ) throws(SettingError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let effect = known.first(where: { $0.name == parts.first }) else {
      let names = known.map { "\($0.name)[=\($0.limits.upperBound <= 1 ? "SHARE" : "FACTOR")]" }
      throw SettingError("“\(text)” is no effect of an incident: write \(names.joined(separator: " or "))")
    }
    name = effect.name
    strength = effect.usual
    guard parts.count == 2 else { return }
    if effect.limits.upperBound <= 1 {
      strength = try parseShare(parts[1])
    } else {
      guard let number = Double(parts[1]), effect.limits.contains(number) else {
        let (low, high) = (effect.limits.lowerBound, effect.limits.upperBound)
        throw SettingError("“\(parts[1])” is not a factor from \(low) to \(high)")
      }
      strength = number
    }
  }
}
