import Spelling
import SystemTimeZones
import TimeZones

extension SourceText {
  static let timeZoneForm = "write the name of an area and a place, e.g. 'Europe/Berlin', or 'UTC'"

  /// The time zone that a definition names.
  func timeZone(named name: String, at location: Int) throws(DefinitionError) -> ZoneRules {
    if let rules = ZoneDatabase.rules(named: name) { return rules }
    let nearest = nearestSpelling(of: name, among: ZoneDatabase.names).map { "did you mean '\($0)'? " } ?? ""
    throw error(at: location, "there is no time zone '\(name)'", hint: nearest + Self.timeZoneForm)
  }
}
