import Synthesis

/// What happens to the requests for a path.
enum RequestIncident {
  /// This share of them is answered with 503.
  case fail(Double)
  /// One client asks for it so many times as often as all others together.
  case flood(Double)

  init(_ spec: IncidentSpec) throws(SettingError) {
    let effect = try IncidentEffect(parsing: spec.effect, known: [("fail", 1, 0...1), ("flood", 4, 1...100)])
    self = effect.name == "fail" ? .fail(effect.strength) : .flood(effect.strength)
  }
}
