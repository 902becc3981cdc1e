import Events

/// How offsets go on after the last change of a zone's file: the POSIX form of TZ, `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule {
  /// A moment of a year, by the clock that holds until then.
  private struct Moment {
    enum Day {
      /// The nth (5: the last) of a weekday (0: Sunday) of a month.
      case weekday(month: Int64, week: Int64, day: Int64)
      /// From 1, without the 29th of February.
      case julian(Int64)
      /// From 0, with it.
      case ordinal(Int64)
    }

    var day: Day
    var seconds: Int64

    /// Seconds since 1970 on the clock that holds until then.
    func seconds(in year: Int64) -> Int64? {
      guard let newYear = CalendarDate.days(year: year, month: 1, day: 1) else { return nil }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let date: Int64
      switch day {
      case .julian(let day): date = newYear + day - 1 + (isLeap && day >= 60 ? 1 : 0)
      case .ordinal(let day): date = newYear + day
      case .weekday(let month, let week, let day):
        guard let first = CalendarDate.days(year: year, month: month, day: 1) else { return nil }
        // 1970-01-01 was a Thursday.
        var found = first + (day - (first + 4) % 7 + 7) % 7 + (week - 1) * 7
        while CalendarDate.date(days: found).month != month { found -= 7 }
        date = found
      }
      return date * 86_400 + seconds
    }
  }

  private var standard: Int64
  private var daylight: (offset: Int64, begin: Moment, end: Moment)?

  /// nil for what is no such text.
  init?(_ text: String) {
    var reader = RuleReader(text)
    guard reader.name(), let west = reader.time() else { return nil }
    standard = -west
    guard !reader.isAtEnd else { return }
    guard reader.name() else { return nil }
    var offset = standard + 3_600
    if !reader.isAt(",") {
      guard let west = reader.time() else { return nil }
      offset = -west
    }
    guard reader.take(","), let begin = Self.moment(&reader), reader.take(","), let end = Self.moment(&reader),
      reader.isAtEnd
    else { return nil }
    daylight = (offset, begin, end)
  }

  private static func moment(_ reader: inout RuleReader) -> Moment? {
    let day: Moment.Day
    if reader.take("M") {
      guard let month = reader.number(1...12), reader.take("."), let week = reader.number(1...5), reader.take("."),
        let weekday = reader.number(0...6)
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    } else if reader.take("J") {
      guard let number = reader.number(1...365) else { return nil }
      day = .julian(number)
    } else {
      guard let number = reader.number(0...365) else { return nil }
      day = .ordinal(number)
    }
    var seconds: Int64 = 7_200
    if reader.take("/") {
      guard let time = reader.time() else { return nil }
      seconds = time
    }
    return Moment(day: day, seconds: seconds)
  }

  /// Adds the changes of 400 years after the last one.
  ///
  /// - Returns: whether there are any, which repeat themselves then.
  func append(to changes: inout [Int64], _ offsets: inout [Int64]) -> Bool {
    guard let daylight else { return false }
    let last = changes.last
    let year = CalendarDate.date(days: (last ?? 0) / 86_400).year
    for year in year...year + 401 {
      guard let begin = daylight.begin.seconds(in: year), let end = daylight.end.seconds(in: year) else { return false }
      let both = [(begin - standard, daylight.offset), (end - daylight.offset, standard)].sorted { $0.0 < $1.0 }
      for (change, offset) in both where change > changes.last ?? .min {
        changes.append(change)
        offsets.append(offset)
      }
    }
    return true
  }
}

private struct RuleReader {
  private var rest: Substring

  init(_ text: String) {
    rest = text[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  func isAt(_ character: Character) -> Bool { rest.first == character }

  mutating func take(_ character: Character) -> Bool {
    guard isAt(character) else { return false }
    rest.removeFirst()
    return true
  }

  /// `CET`, or `<+03>`.
  mutating func name() -> Bool {
    if take("<") {
      guard let end = rest.firstIndex(of: ">") else { return false }
      rest = rest[rest.index(after: end)...]
      return true
    }
    let name = rest.prefix(while: \.isLetter)
    rest = rest.dropFirst(name.count)
    return !name.isEmpty
  }

  mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
    let digits = rest.prefix(while: \.isNumber)
    guard digits.utf8.count <= 3, let number = Int64(digits), range.contains(number) else { return nil }
    rest = rest.dropFirst(digits.count)
    return number
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time() -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number(0...167) else { return nil }
    var seconds = hours * 3_600
    for unit in [60, 1] as [Int64] where take(":") {
      guard let number = number(0...59) else { return nil }
      seconds += number * unit
    }
    return isNegative ? -seconds : seconds
  }
}
