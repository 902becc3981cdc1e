import Synthesis

/// What happens to a series.
enum MetricIncident {
  /// Its level is so many times what it was.
  case shift(Double)
  /// It is so many times as high, and comes down again.
  case spike(Double)
  /// This share of its measurements is missing.
  case vanish(Double)

  init(_ spec: IncidentSpec) throws(SettingError) {
    let factors = 0.0...1000.0
    let effect = try IncidentEffect(
      parsing: spec.effect, known: [("shift", 2, factors), ("spike", 6, factors), ("vanish", 1, 0...1)])
    switch effect.name {
    case "shift": self = .shift(effect.strength)
    case "spike": self = .spike(effect.strength)
    default: self = .vanish(effect.strength)
    }
  }

  var isVanishing: Bool {
    if case .vanish = self { true } else { false }
  }
}
