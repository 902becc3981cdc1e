import Synthesis

/// What `streampulse up` shows: downloads of ordinary days, which give no reason for an alert, and now and then an incident,
/// which does. To be used on one thread.
public final class DemoLoad {
  /// Share of all downloads that fail on an ordinary day; a few regions have three times as many.
  public static let errorRate = 0.02
  /// Below the tenth from which the shipped alert warns, with room for a second load beside this one.
  public static let failureLimit = 0.08

  private let synthesizer: DownloadSynthesizer
  private let schedule: IncidentSchedule
  /// The next incident, whose start is a time.
  private var next: Incident
  private var number = 0

  /// The settings' own incidents happen beside the staged ones, their limit on failures is replaced.
  public init(settings: SynthesisSettings) throws(SettingError) {
    var settings = settings
    settings.failureLimit = Self.failureLimit
    synthesizer = try DownloadSynthesizer(settings: settings)
    let regions = synthesizer.regions.all.map(\.name.description)
    schedule = IncidentSchedule(regions: regions, beginningMilliseconds: settings.beginningMilliseconds)
    next = schedule.incident(0)
  }

  /// The incident that begins by this time and has not been returned yet; it is staged from now on. One that is over by
  /// then, because the machine slept, does not happen.
  public func stageIncident(by milliseconds: Int64) throws(SettingError) -> Incident? {
    guard next.span(beginning: 0).lowerBound <= milliseconds else { return nil }
    number = schedule.firstNumber(notOverAt: milliseconds, from: number)
    let incident = schedule.incident(number)
    let times = incident.span(beginning: 0)
    guard times.lowerBound <= milliseconds else {
      next = incident
      return nil
    }
    number += 1
    next = schedule.incident(number)
    synthesizer.forgetIncidents(before: times.lowerBound)
    try synthesizer.stage(incident)
    return incident
  }

  /// As `DownloadSynthesizer.event`; the turns must not go back.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> DownloadEvent {
    synthesizer.event(index, timestampMilliseconds: timestampMilliseconds)
  }
}

/// When and where the demo's incidents happen: the first soon after the beginning, then one about every ten minutes, each
/// in another region than the one before. The same for every run.
public struct IncidentSchedule: Sendable {
  private static let seed: UInt64 = 0x6465_6d6f
  private static let firstMilliseconds: Int64 = 20_000
  private static let intervalMilliseconds: Int64 = 600_000
  private static let jitterMilliseconds: Int64 = 60_000
  /// Where most downloads are, so that everybody sees it.
  private static let mostRegions = 8

  private let regions: [String]
  private let beginningMilliseconds: Int64

  /// - Parameter regions: not empty, those with most traffic first.
  public init(regions: [String], beginningMilliseconds: Int64) {
    precondition(!regions.isEmpty, "an incident needs a region")
    self.regions = Array(regions.prefix(Self.mostRegions))
    self.beginningMilliseconds = beginningMilliseconds
  }

  /// Incident `number`, counted from 0. Half of it at least lies within one minute, of which so many downloads fail that
  /// the minute is alerted.
  public func incident(_ number: Int) -> Incident {
    var random = RandomNumbers(seed: Self.seed, index: UInt64(number))
    let jitter = Int64(random.next(below: UInt64(2 * Self.jitterMilliseconds))) - Self.jitterMilliseconds
    let start =
      beginningMilliseconds + Self.firstMilliseconds + Int64(number) * Self.intervalMilliseconds
      + (number == 0 ? 0 : jitter)
    let seconds = [60, 90, 120][Int(random.next(below: 3))]
    let percent = 40 + 5 * Int(random.next(below: 7))
    return Incident(
      region: regions[place(number)], start: .at(milliseconds: start), durationMilliseconds: Int64(seconds) * 1000,
      errorRate: Double(percent) / 100)
  }

  /// The first incident from `number` on that is not over at this time.
  func firstNumber(notOverAt milliseconds: Int64, from number: Int) -> Int {
    // Two intervals are more than jitter and duration: the incident before that is over.
    let intervals = (milliseconds - beginningMilliseconds) / Self.intervalMilliseconds
    var number = max(number, Int(intervals) - 2)
    while incident(number).span(beginning: 0).upperBound <= milliseconds { number += 1 }
    return number
  }

  /// A stride that has no factor in common with the number of regions visits them all and never one twice in a row.
  private func place(_ number: Int) -> Int {
    let stride = regions.count % 3 == 0 ? 1 : 3
    return (Self.firstPlace + number % regions.count * stride) % regions.count
  }

  /// JP-Tokyo.
  private static let firstPlace = 3
}

extension Incident {
  /// For people: `for 60 s, 60 % of the downloads in JP-Tokyo fail`.
  public var announcement: String {
    "for \(durationMilliseconds / 1000) s, \(Int((errorRate * 100).rounded())) % of the downloads in \(region) fail"
  }
}
