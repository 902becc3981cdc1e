import Synthesis

/// What happens to a region's trips.
enum TripIncident {
  /// This share of them is missing.
  case vanish(Double)
  /// They cost so many times as much.
  case surge(Double)

  init(_ spec: IncidentSpec) throws(SettingError) {
    let effect = try IncidentEffect(
      parsing: spec.effect, known: [("vanish", 1, 0...1), ("surge", 2.5, 1...100)])
    self = effect.name == "vanish" ? .vanish(effect.strength) : .surge(effect.strength)
  }
}
