import Events

/// A time zone's offsets from UTC: when they change, and how a local time is read.
///
/// As Postgres has it (`DetermineTimeZoneOffset` and `pg_next_dst_boundary`), so that both agree on every instant.
public final class ZoneRules: Sendable {
  /// The name in the IANA time zone database, e.g. `Europe/Berlin`.
  public let name: String
  /// Seconds since 1970 from which on another offset holds; ascending.
  private let changes: [Int64]
  /// Seconds east of UTC: the first before all changes, then one from each change on.
  private let offsets: [Int64]
  /// Whether what comes after the last change repeats what was 400 years, a whole number of weeks, before.
  private let repeats: Bool

  /// The Gregorian calendar repeats itself after so many seconds.
  private static let period: Int64 = 146_097 * 86_400

  init(name: String, changes: [Int64], offsets: [Int64], repeats: Bool) {
    self.name = name
    self.changes = changes
    self.offsets = offsets
    self.repeats = repeats
  }

  /// The local time of an instant, both in microseconds since 1970.
  public func local(of instant: Int64) -> Int64 {
    instant + offset(at: instant.flooredQuotient(1_000_000)) * 1_000_000
  }

  /// The instant of a local time, both in microseconds since 1970. A local time that is left out is read with the offset
  /// from before the change, one that comes twice is the second.
  public func instant(ofLocal local: Int64) -> Int64 {
    local - offset(ofLocal: local.flooredQuotient(1_000_000)) * 1_000_000
  }

  /// Whether every offset that holds at some time from `instant` on is a multiple of a length; both in microseconds.
  public func offsets(areMultiplesOf length: Int64, from instant: Int64 = .min) -> Bool {
    let first = instant == .min ? 0 : count(upTo: instant.flooredQuotient(1_000_000))
    return offsets[first...].allSatisfy { $0 * 1_000_000 % length == 0 }
  }

  /// Seconds east of UTC.
  private func offset(at second: Int64) -> Int64 {
    offsets[count(upTo: within(second))]
  }

  private func offset(ofLocal second: Int64) -> Int64 {
    // Offsets are less than a day, and changes lie further apart than two.
    let start = within(second - 86_400)
    let local = start + 86_400
    let next = count(upTo: start)
    let before = offsets[next]
    guard next < changes.count else { return before }
    let (change, after) = (changes[next], offsets[next + 1])
    if local - before < change, local - after < change { return before }
    if local - before > change, local - after >= change { return after }
    return local - before > local - after ? before : after
  }

  /// How many changes are not later.
  private func count(upTo second: Int64) -> Int {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= second { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The same moment of the calendar among the known changes.
  private func within(_ second: Int64) -> Int64 {
    guard repeats, let last = changes.last, second >= last else { return second }
    return second - ((second - last) / Self.period + 1) * Self.period
  }
}

extension ZoneRules: Hashable {
  /// Of one name there is one zone.
  public static func == (left: ZoneRules, right: ZoneRules) -> Bool { left.name == right.name }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
