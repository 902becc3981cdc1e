/// A length of time for people: `7 days`, `90 seconds`, `1.5 seconds`.
func lengthText(microseconds: Int64) -> String {
  let units: [(name: String, size: Int64)] = [
    ("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000),
    ("millisecond", 1000),
  ]
  guard microseconds != 0, let unit = units.first(where: { microseconds % $0.size == 0 }) else {
    return microseconds == 0 ? "0 seconds" : "\(Double(microseconds) / 1_000_000) seconds"
  }
  let count = microseconds / unit.size
  return "\(count) \(unit.name)\(count == 1 ? "" : "s")"
}
