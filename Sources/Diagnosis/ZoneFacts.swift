/// What this machine knows of time zones, and where the database server knows something else.
public struct ZoneFacts: Hashable, Sendable {
  /// Whether there is any zone beside UTC.
  public var isInstalled: Bool
  /// Zones of windows whose clocks the server puts otherwise at some time, by name.
  public var differing: [String]

  public init(isInstalled: Bool = true, differing: [String] = []) {
    (self.isInstalled, self.differing) = (isInstalled, differing)
  }

  public var findings: [Finding] {
    guard isInstalled else {
      return [
        .warning(
          "process", "there is no time zone data in /usr/share/zoneinfo", "install the package tzdata")
      ]
    }
    guard !differing.isEmpty else { return [] }
    return [
      .warning(
        "postgres", "the server has other time zone data than this machine: \(differing.joined(separator: ", "))",
        "bring tzdata up to date on both, and start the server and this again")
    ]
  }
}
