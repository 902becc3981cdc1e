/// A length of time in one unit, as Postgres reads it, too: `90s`, `15m`, `36h`.
public enum LengthText {
  private static let units: [(name: String, microseconds: Int64)] = [
    ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1),
  ]

  public static func short(_ microseconds: Int64) -> String {
    guard microseconds != 0, let unit = units.first(where: { microseconds % $0.microseconds == 0 }) else { return "0s" }
    return "\(microseconds / unit.microseconds)\(unit.name)"
  }
}
