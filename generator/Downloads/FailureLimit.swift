/// Keeps the failures of each region below a share of its downloads, within each minute of event time and from the
/// minute's beginning on: wherever a run begins or ends within a minute, no window of that minute holds more.
struct FailureLimit {
  private struct Minute {
    var number: Int64 = .min
    var downloads = 0
    var failures = 0
  }

  private let share: Double
  private var minutes: [Minute]

  init(share: Double, regions: Int) {
    self.share = share
    minutes = Array(repeating: Minute(), count: regions)
  }

  /// Counts a download, and says whether it may fail. To be asked once for each, in the order of their times.
  mutating func mayFail(region: Int, timestampMilliseconds: Int64) -> Bool {
    let number = Int64((Double(timestampMilliseconds) / 60_000).rounded(.down))
    if minutes[region].number != number { minutes[region] = Minute(number: number) }
    minutes[region].downloads += 1
    return Double(minutes[region].failures + 1) <= share * Double(minutes[region].downloads)
  }

  /// The download that was counted last in this region failed.
  mutating func didFail(region: Int) {
    minutes[region].failures += 1
  }
}
