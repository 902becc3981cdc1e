import Events
import TimeZones

/// Windows that begin at midnight of some days, or of the first day of some months, of a time zone.
///
/// Days and months are counted from 2000-01-01 of the zone. A window reaches from the last boundary that is not later than
/// an event to the next: days have 23, 24 or 25 hours, and one that a zone left out (Samoa's 30 December 2011) has no
/// window.
public struct CalendarWindows: Hashable, Sendable {
  public enum Length: Hashable, Sendable {
    case days(Int64)
    case months(Int64)
  }

  public var length: Length
  /// nil: UTC.
  public var zone: ZoneRules?
  /// The length of the windows whose rows they are windows of, in microseconds: an event is where the beginning of its row's
  /// window is. nil: they are windows of events, or none of them begins within a row's.
  public var grain: Int64?

  public init(length: Length, zone: ZoneRules?, grain: Int64? = nil) {
    self.length = length
    self.zone = zone
    self.grain = grain
  }

  private static let day = CalendarDate.microsecondsPerDay
  /// Days from 1970-01-01 to 2000-01-01.
  private static let originDays: Int64 = 10_957

  /// More than any window has, whatever its zone does.
  public var longestMicroseconds: Int64 {
    switch length {
    case .days(let count): (count + 1) * Self.day
    case .months(let count): (31 * count + 1) * Self.day
    }
  }

  /// The window that an event of the time is in; microseconds since 1970.
  public func window(of event: Int64) -> Range<Int64> {
    let time = grain.map { PaneAssigner.fixed(microseconds: $0).pane(of: event).lowerBound } ?? event
    var number = numberOfWindow(atLocal: zone?.local(of: time) ?? time)
    // What the clock says may have been said already, or be about to be said again.
    while boundary(number) > time { number -= 1 }
    var end = boundary(number + 1)
    while end <= time {
      number += 1
      end = boundary(number + 1)
    }
    return boundary(number)..<end
  }

  /// The times of the events that are in a window.
  public func events(of window: Range<Int64>) -> Range<Int64> {
    guard let grain else { return window }
    let rows = PaneAssigner.fixed(microseconds: grain)
    let bounds = [window.lowerBound, window.upperBound].map { bound in
      let row = rows.pane(of: bound)
      return row.lowerBound == bound ? bound : row.upperBound
    }
    return bounds[0]..<bounds[1]
  }

  private func numberOfWindow(atLocal local: Int64) -> Int64 {
    let days = local.flooredQuotient(Self.day)
    switch length {
    case .days(let count): return (days - Self.originDays).flooredQuotient(count)
    case .months(let count):
      let date = CalendarDate.date(days: days)
      return ((date.year - 2000) * 12 + date.month - 1).flooredQuotient(count)
    }
  }

  /// Where the window of that number begins.
  private func boundary(_ number: Int64) -> Int64 {
    let days: Int64
    switch length {
    case .days(let count): days = Self.originDays + number * count
    case .months(let count):
      // Counted in Gregorian cycles of 400 years, since a date's year begins with 1.
      let months = number * count
      let cycles = months.flooredQuotient(4_800)
      let month = months - cycles * 4_800
      let inCycle = CalendarDate.days(year: 2000 + month / 12, month: month % 12 + 1, day: 1) ?? 0
      days = inCycle + cycles * 146_097
    }
    let local = days * Self.day
    return zone?.instant(ofLocal: local) ?? local
  }
}
