/// How much happens at which hour of a day, compared with the day's mean.
public struct DailyRhythm: Equatable, Sendable {
  /// By the hour, with a mean of 1.
  private let hourly: [Double]
  /// What part of a day's events has happened before each quarter of an hour, and at the end all of it.
  private let passed: [Double]

  /// The most there is at an hour.
  public let peak: Double

  private static let dayMilliseconds: Int64 = 86_400_000
  private static let quarters = 96

  /// - Parameter hourly: 24 numbers above zero, whatever their sum; between full hours it is in between.
  public init(hourly: [Double]) {
    precondition(hourly.count == 24 && hourly.allSatisfy { $0 > 0 }, "a rhythm has 24 hours, none of them empty")
    let mean = hourly.reduce(0, +) / 24
    self.hourly = hourly.map { $0 / mean }
    peak = self.hourly.max() ?? 1
    var passed = [0.0]
    for quarter in 0..<Self.quarters {
      // In its middle.
      let time = (Int64(quarter) * 2 + 1) * Self.dayMilliseconds / Int64(2 * Self.quarters)
      passed.append((passed.last ?? 0) + Self.factor(self.hourly, time) / Double(Self.quarters))
    }
    // The sum differs from 1 by rounding alone.
    self.passed = passed.map { $0 / (passed.last ?? 1) }
  }

  /// What people do in their free time: little before dawn, most in the evening.
  public static let leisure = DailyRhythm(hourly: [
    40, 26, 17, 12, 10, 12, 20, 32, 44, 52, 58, 64, 70, 70, 68, 70, 76, 86, 98, 110, 116, 110, 90, 62,
  ])

  /// What is done on the way to work and back, and in the evening a little.
  public static let commute = DailyRhythm(hourly: [
    28, 18, 12, 10, 14, 34, 70, 110, 120, 92, 74, 72, 78, 76, 74, 82, 100, 122, 126, 104, 82, 70, 58, 42,
  ])

  /// What happens at a time, in milliseconds since 1970 UTC, where clocks are `zoneHours` ahead of it: 1 is the day's mean.
  public func factor(at milliseconds: Int64, zoneHours: Int = 0) -> Double {
    Self.factor(hourly, Self.timeOfDay(milliseconds + Int64(zoneHours) * 3_600_000))
  }

  private static func factor(_ hourly: [Double], _ timeOfDay: Int64) -> Double {
    let (hour, rest) = timeOfDay.quotientAndRemainder(dividingBy: 3_600_000)
    let part = Double(rest) / 3_600_000
    return hourly[Int(hour)] * (1 - part) + hourly[(Int(hour) + 1) % 24] * part
  }

  private static func timeOfDay(_ milliseconds: Int64) -> Int64 {
    let rest = milliseconds % dayMilliseconds
    return rest < 0 ? rest + dayMilliseconds : rest
  }

  /// How long what happened since 1970 would have taken at the day's mean, in milliseconds.
  func evenly(until milliseconds: Int64) -> Double {
    let time = Self.timeOfDay(milliseconds)
    let (quarter, rest) = (time * Int64(Self.quarters)).quotientAndRemainder(dividingBy: Self.dayMilliseconds)
    let part = Double(rest) / Double(Self.dayMilliseconds)
    let index = Int(quarter)
    let share = passed[index] + (passed[index + 1] - passed[index]) * part
    return Double(milliseconds - time) + share * Double(Self.dayMilliseconds)
  }

  /// The time at which so much has happened: the inverse of `evenly`, in milliseconds since 1970 UTC.
  func time(evenly: Double) -> Int64 {
    let days = (evenly / Double(Self.dayMilliseconds)).rounded(.down)
    let share = evenly / Double(Self.dayMilliseconds) - days
    var low = 0
    var high = Self.quarters
    while high - low > 1 {
      let middle = (low + high) / 2
      if passed[middle] <= share { low = middle } else { high = middle }
    }
    let part = (share - passed[low]) / (passed[low + 1] - passed[low])
    let timeOfDay = (Double(low) + part) / Double(Self.quarters) * Double(Self.dayMilliseconds)
    return Int64(days) * Self.dayMilliseconds + Int64(timeOfDay)
  }
}
