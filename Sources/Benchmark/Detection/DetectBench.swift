import Detection
import Threads

/// How many points a second the adaptive detector judges on one core, and what it keeps of a key.
struct DetectBench {
  let points: Int
  let rounds: Int

  /// Keys whose states take turns, as they do where windows close: more than fit in the first-level cache.
  private static let keys = 1000
  private static let leastPerSecond = 1_000_000.0
  private static let mostBytes = 1024.0

  func run() -> BenchReport {
    let detector = Detector(DetectorConfiguration(.adaptive))
    let perKey = max(points / Self.keys, 1)
    let values = (0..<perKey).map { DetectBench.value(at: $0) }
    var rates: [Double] = []
    var sizes: [Double] = []
    for _ in 0..<rounds {
      var states = Array(repeating: DetectorState(for: detector.configuration), count: Self.keys)
      var sum = 0.0
      let begin = Clock.monotonicNanoseconds()
      for (index, value) in values.enumerated() {
        let sample = Sample(value: value, weight: 100, time: Int64(index) * 300_000_000)
        for key in 0..<Self.keys { sum += detector.step(&states[key], sample).score }
      }
      let seconds = Double(Clock.monotonicNanoseconds() - begin) / 1e9
      rates.append(sum.isFinite ? Double(perKey * Self.keys) / seconds : 0)
      sizes.append(Double(states[0].encoded(for: detector.configuration).count))
    }
    return BenchReport(
      [
        Figure(bench: "adaptive detector", unit: "points/s", ours: rates, goal: .atLeast(Self.leastPerSecond)),
        Figure(bench: "adaptive state", unit: "bytes/key", ours: sizes, goal: .atMost(Self.mostBytes)),
      ],
      notes: ["detect: \(perKey) windows of \(Self.keys) keys, judged and learnt on one core"])
  }

  /// A day's rhythm of windows of five minutes, with noise and a spike now and then.
  private static func value(at index: Int) -> Double {
    let noise = Double((index &* 2_654_435_761) % 1000) / 1000
    let rhythm = Double(abs(index % 288 - 144)) / 144
    return 100 + 50 * rhythm + 10 * noise + (index % 701 == 700 ? 400 : 0)
  }
}
