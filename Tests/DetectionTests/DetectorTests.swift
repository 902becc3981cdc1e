import Detection
import Testing

/// A seeded source of numbers, the same on every machine.
struct Noise {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// From 0 to 1 (splitmix64).
  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
  }

  /// Near enough to a standard normal number: the sum of twelve.
  mutating func normal() -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + uniform() }
  }
}

private let minute: Int64 = 60_000_000
private let hour: Int64 = 60 * minute

private let methods: [DetectorConfiguration.Method] = [
  .threshold, .rollingZ(windows: 60), .ewma(weight: 0.3), .cusum(slack: 0.5), .median(windows: 60),
  .seasonal(.hourOfDay), .seasonal(.hourOfWeek), .change, .adaptive,
]

private func configuration(_ method: DetectorConfiguration.Method) -> DetectorConfiguration {
  switch method {
  case .threshold: .init(method, direction: .above, levels: [.init(severity: .warning, threshold: 150)])
  case .change: .init(method, levels: [.init(severity: .warning, threshold: 0.5)])
  case .cusum: .init(method, levels: [.init(severity: .warning, threshold: 12)])
  case .adaptive: .init(method)
  default: .init(method, levels: [.init(severity: .warning, threshold: 6)])
  }
}

@Suite struct DetectorTests {
  @Test("every detector stays silent about noise and reports a jump", arguments: methods)
  func jump(method: DetectorConfiguration.Method) {
    let detector = Detector(configuration(method))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 1)
    var falseAlarms = 0
    for step in 0..<2000 {
      let sample = Sample(value: 100 + 5 * noise.normal(), weight: 100, time: Int64(step) * 10 * minute)
      if detector.step(&state, sample).finding != nil { falseAlarms += 1 }
    }
    #expect(falseAlarms == 0)
    let jump = detector.step(&state, Sample(value: 300, weight: 100, time: 2000 * 10 * minute))
    #expect(jump.finding != nil)
  }

  @Test("a state that was kept as bytes judges like one that was kept in memory", arguments: methods)
  func bytes(method: DetectorConfiguration.Method) {
    let detector = Detector(configuration(method))
    var kept = DetectorState(for: detector.configuration)
    var stored = kept.encoded(for: detector.configuration)
    var noise = Noise(seed: 2)
    for step in 0..<3000 {
      let value = step % 500 == 499 ? 400 : 100 + 5 * noise.normal()
      let sample = Sample(value: value, weight: 100, time: Int64(step) * 7 * minute)
      var (state, refusal) = DetectorState.decoded(stored, for: detector.configuration)
      #expect(refusal == nil)
      #expect(detector.step(&state, sample) == detector.step(&kept, sample))
      stored = state.encoded(for: detector.configuration)
      #expect(stored.count <= 1024)
    }
    #expect(DetectorState.decoded(stored, for: detector.configuration).state == kept)
  }

  @Test("bytes that are no state of this detector make a fresh one, with the reason", arguments: methods)
  func refusals(method: DetectorConfiguration.Method) {
    let detector = Detector(configuration(method))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 3)
    for step in 0..<200 {
      _ = detector.step(&state, Sample(value: noise.uniform(), weight: 1, time: Int64(step) * minute))
    }
    let bytes = state.encoded(for: detector.configuration)
    func refusal(_ bytes: [UInt8]) -> StateRefusal? {
      let (state, refusal) = DetectorState.decoded(bytes, for: detector.configuration)
      if refusal != nil { #expect(state == DetectorState(for: detector.configuration)) }
      return refusal
    }
    #expect(refusal(bytes) == nil)
    #expect(refusal([]) == .tooShort)
    #expect(refusal([99] + bytes.dropFirst()) == .otherVersion)
    #expect(refusal([bytes[0], 99] + bytes.dropFirst(2)) == .otherDetector)
    #expect(refusal(Array(bytes.dropLast())) == .tooShort)
    #expect(refusal(bytes + [0]) == .tooLong)
    // Whatever the bytes are: no trap, and judging goes on.
    for _ in 0..<500 {
      var spoilt = bytes
      for _ in 0..<3 { spoilt[2 + Int(noise.uniform() * Double(spoilt.count - 2))] = UInt8(noise.uniform() * 255) }
      var (state, _) = DetectorState.decoded(spoilt, for: detector.configuration)
      for step in 0..<3 {
        _ = detector.step(&state, Sample(value: noise.uniform() * 1e9, weight: 1, time: Int64(step) * hour))
      }
    }
  }

  @Test("values that are no numbers, and the largest ones, are judged without a trap", arguments: methods)
  func extremes(method: DetectorConfiguration.Method) {
    let detector = Detector(configuration(method))
    var state = DetectorState(for: detector.configuration)
    let values = [0, .nan, .infinity, -.infinity, 1e308, -1e308, 1e-308, .greatestFiniteMagnitude, 0, 5, -5]
    for round in 0..<20 {
      for (index, value) in values.enumerated() {
        let time = [Int64.min, Int64.max, 0, Int64(round) * hour][index % 4]
        let judgement = detector.step(&state, Sample(value: value, weight: 1, time: time))
        #expect(!judgement.score.isNaN)
      }
    }
  }

  @Test("samples of too few events are neither reported nor learnt")
  func minimumWeight() {
    let levels = [DetectorConfiguration.Level(severity: .critical, threshold: 4)]
    let detector = Detector(.init(.rollingZ(windows: 20), levels: levels, minimumWeight: 5))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 4)
    for step in 0..<40 {
      _ = detector.step(&state, Sample(value: noise.normal(), weight: 5, time: Int64(step) * minute))
    }
    let before = state
    #expect(detector.step(&state, Sample(value: 100, weight: 4, time: 41 * minute)).finding == nil)
    #expect(
      state.encoded(for: detector.configuration).dropFirst(10)
        == before.encoded(for: detector.configuration).dropFirst(10))
    #expect(detector.step(&state, Sample(value: 100, weight: 5, time: 42 * minute)).finding?.severity == .critical)
  }

  @Test("3 of 5 is not 300 of 500")
  func fractions() {
    let levels = [DetectorConfiguration.Level(severity: .warning, threshold: 5)]
    let detector = Detector(.init(.median(windows: 60), direction: .above, levels: levels))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 5)
    func sample(_ failed: Double, of all: Double) -> Sample {
      Sample(value: .nan, weight: Int(all), fraction: .init(numerator: failed, denominator: all))
    }
    for _ in 0..<200 { _ = detector.step(&state, sample(25 + (2 * noise.normal()).rounded(), of: 500)) }
    var copy = state
    #expect(detector.step(&copy, sample(3, of: 5)).finding == nil)
    copy = state
    let finding = detector.step(&copy, sample(300, of: 500)).finding
    #expect(finding?.severity == .warning)
    #expect(abs((finding?.expected ?? 0) - 0.05) < 0.01)
    #expect((finding?.probability ?? 0) > 0.999)
  }

  @Test("each hour of the day has its own expectation")
  func season() {
    let levels = [DetectorConfiguration.Level(severity: .warning, threshold: 5)]
    let detector = Detector(.init(.seasonal(.hourOfDay), levels: levels))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 6)
    func usual(_ step: Int) -> Double { step % 24 < 8 ? 10 : 100 }
    for step in 0..<24 * 10 {
      let sample = Sample(value: usual(step) + noise.normal(), weight: 1, time: Int64(step) * hour)
      #expect(detector.step(&state, sample).finding == nil)
    }
    // What is usual at noon is not at night.
    let night = detector.step(&state, Sample(value: 100, weight: 1, time: 240 * hour))
    #expect(night.finding != nil && abs((night.expected ?? 0) - 10) < 2)
    #expect(detector.step(&state, Sample(value: 100, weight: 1, time: 252 * hour)).finding == nil)
  }

  @Test("a slow drift adds up in a CUSUM, which a single window would not show")
  func drift() {
    let detector = Detector(.init(.cusum(slack: 0.5), levels: [.init(severity: .warning, threshold: 12)]))
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 7)
    for step in 0..<300 {
      let judgement = detector.step(&state, Sample(value: noise.normal(), weight: 1, time: Int64(step) * minute))
      #expect(judgement.finding == nil)
    }
    let found = (300..<330).contains { step in
      detector.step(&state, Sample(value: 2 + noise.normal(), weight: 1, time: Int64(step) * minute)).finding != nil
    }
    #expect(found)
  }

  @Test("the most severe level that is passed is reported, with its limit in the value's unit")
  func levels() {
    let detector = Detector(
      .init(
        .change, direction: .below,
        levels: [.init(severity: .warning, threshold: 0.3), .init(severity: .critical, threshold: 0.8)]))
    var state = DetectorState(for: detector.configuration)
    func judge(_ value: Double) -> Finding? { detector.step(&state, Sample(value: value, weight: 1)).finding }
    #expect(judge(100) == nil)
    #expect(judge(60) == Finding(severity: .warning, threshold: 70, expected: 100))
    #expect(judge(6) == Finding(severity: .critical, threshold: 12, expected: 60))
    #expect(judge(60) == nil)
  }

  @Test(
    "parameters that no detector can keep are refused in words",
    arguments: [
      (.init(.rollingZ(windows: 2), levels: [.init(severity: .info, threshold: 3)]), "3 to 240 windows"),
      (.init(.ewma(weight: 0), levels: [.init(severity: .info, threshold: 3)]), "above 0 and at most 1"),
      (.init(.cusum(slack: -1), levels: [.init(severity: .info, threshold: 3)]), "0 or more"),
      (.init(.seasonal(.hourOfDay)), "no level"),
      (.init(.adaptive, levels: [.init(severity: .info, threshold: 2)]), "at most 1"),
      (.init(.threshold, levels: [.init(severity: .info, threshold: 2)]), "above or below"),
    ] as [(DetectorConfiguration, String)])
  func problems(configuration: DetectorConfiguration, words: String) {
    #expect(configuration.problem?.contains(words) == true)
  }
}
