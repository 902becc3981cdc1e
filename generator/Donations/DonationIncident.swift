import Synthesis

/// What happens to a live stream.
enum DonationIncident {
  /// The viewers of another stream come along: so many times as many watch and write, and by and by they leave.
  case raid(Double)
  /// So many times as many donate.
  case spike(Double)

  init(_ spec: IncidentSpec) throws(SettingError) {
    let effect = try IncidentEffect(parsing: spec.effect, known: [("raid", 8, 1...1000), ("spike", 10, 1...1000)])
    self = effect.name == "raid" ? .raid(effect.strength) : .spike(effect.strength)
  }
}
