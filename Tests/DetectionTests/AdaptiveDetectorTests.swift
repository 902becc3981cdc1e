import Detection
import Testing

private let minute: Int64 = 60_000_000
private let day: Int64 = 24 * 60 * minute

@Suite struct AdaptiveDetectorTests {
  private let detector = Detector(DetectorConfiguration(.adaptive))

  /// The judgements of values that are `step` microseconds apart.
  private func judge(_ values: [Double], every step: Int64 = 10 * minute) -> [Judgement] {
    var state = DetectorState(for: detector.configuration)
    return values.enumerated().map { index, value in
      detector.step(&state, Sample(value: value, weight: 100, time: Int64(index) * step))
    }
  }

  /// A day's rhythm with noise.
  private func rhythm(days: Int, rowsPerDay: Int, seed: UInt64) -> [Double] {
    var noise = Noise(seed: seed)
    return (0..<days * rowsPerDay).map { row in
      let phase = Double(row % rowsPerDay) / Double(rowsPerDay)
      return 1000 * (1 + 0.8 * (phase < 0.5 ? 4 * phase - 1 : 3 - 4 * phase)) + 30 * noise.normal()
    }
  }

  @Test("a daily rhythm raises nothing, whatever the rows' distance", arguments: [24, 144, 1440])
  func rhythm(rowsPerDay: Int) {
    let judgements = judge(
      rhythm(days: 7, rowsPerDay: rowsPerDay, seed: 11), every: day / Int64(rowsPerDay))
    #expect(judgements.count { $0.finding != nil } <= 1)
  }

  @Test("what is usual at noon is found at midnight")
  func midnight() {
    var values = rhythm(days: 7, rowsPerDay: 144, seed: 12)
    for row in (6 * 144)..<(6 * 144 + 3) { values[row] = 1700 }
    let judgements = judge(values)
    #expect(judgements[6 * 144].finding != nil)
    #expect(abs((judgements[6 * 144].expected ?? 0) - 200) < 100)
    #expect(judgements[6 * 144 - 100].finding == nil)
  }

  @Test("the first incident does not hide the second")
  func second() {
    var values = rhythm(days: 8, rowsPerDay: 144, seed: 13)
    for start in [700, 1000] {
      for row in start..<(start + 6) { values[row] += 3000 }
    }
    let judgements = judge(values)
    #expect(judgements[700].finding != nil && judgements[1000].finding != nil)
  }

  @Test("a finding is held and fades, over rows without a value too")
  func fading() {
    var values = rhythm(days: 5, rowsPerDay: 144, seed: 14)
    values[600] = 9000
    for row in 601..<604 { values[row] = .nan }
    let judgements = judge(values)
    let scores = judgements.map(\.score)
    #expect(scores[600] > 0.9)
    // A finding is about a value: there is none in these rows, and a usual one later.
    #expect(judgements[600].finding != nil && judgements[601..<605].allSatisfy { $0.finding == nil })
    for row in 601..<603 { #expect(scores[row] < scores[row - 1] && scores[row] > 0.8 * scores[row - 1]) }
    #expect(scores[700] < 0.5)
  }

  @Test("scores are from 0 to 1 and do not depend on the unit of the value")
  func units() {
    var values = rhythm(days: 6, rowsPerDay: 144, seed: 15)
    values[800] = 5000
    let scores = judge(values).map(\.score)
    let others = judge(values.map { $0 * 1e-3 }).map(\.score)
    #expect(zip(scores, others).allSatisfy { abs($0 - $1) < 0.02 })
    #expect(scores.allSatisfy { (0...1).contains($0) })
  }

  @Test("outbursts that come again and again are worth less each time")
  func rarity() {
    var values = rhythm(days: 20, rowsPerDay: 144, seed: 16)
    // Every seven hours or so, so that no time of day expects them.
    let outbursts = Array(stride(from: 500, to: values.count, by: 43))
    for row in outbursts { values[row] += 4000 }
    let scores = judge(values).map(\.score)
    #expect(scores[outbursts[0]] > 0.9)
    #expect(scores[outbursts[outbursts.count - 1]] < 0.75)
  }

  @Test("a first event in a series of zeros has no scale yet and says nothing; a far larger one later does")
  func sparse() {
    var values = Array(repeating: 0.0, count: 3000)
    for row in stride(from: 400, to: 2500, by: 97) { values[row] = Double(1 + row % 3) }
    values[2800] = 500
    let judgements = judge(values)
    #expect(judgements[400].score < 0.5)
    #expect(judgements[2800].finding != nil)
  }

  @Test("a rate of few events is not taken for one of many")
  func fractions() {
    var state = DetectorState(for: detector.configuration)
    var noise = Noise(seed: 17)
    func sample(_ failed: Double, of all: Double, at row: Int) -> Sample {
      Sample(
        value: .nan, weight: Int(all), fraction: .init(numerator: failed, denominator: all),
        time: Int64(row) * 10 * minute)
    }
    for row in 0..<800 {
      _ = detector.step(&state, sample(max(0, (25 + 4 * noise.normal()).rounded()), of: 500, at: row))
    }
    var copy = state
    let few = detector.step(&copy, sample(2, of: 5, at: 800)).score
    copy = state
    let many = detector.step(&copy, sample(200, of: 500, at: 800))
    #expect(few < 0.75)
    #expect(many.finding != nil && many.score > few)
  }

  @Test("a key costs less than 850 bytes, however long it has been watched")
  func size() {
    var state = DetectorState(for: detector.configuration)
    #expect(state.encoded(for: detector.configuration).count <= 850)
    for (row, value) in rhythm(days: 9, rowsPerDay: 144, seed: 19).enumerated() {
      _ = detector.step(&state, Sample(value: value, weight: 1, time: Int64(row) * 10 * minute))
    }
    #expect(state.encoded(for: detector.configuration).count <= 850)
  }

  @Test("only the side that is watched is reported")
  func direction() {
    let above = Detector(DetectorConfiguration(.adaptive, direction: .above))
    var state = DetectorState(for: above.configuration)
    for (row, value) in rhythm(days: 5, rowsPerDay: 144, seed: 18).enumerated() {
      _ = above.step(&state, Sample(value: value, weight: 1, time: Int64(row) * 10 * minute))
    }
    var copy = state
    #expect(above.step(&copy, Sample(value: -5000, weight: 1, time: 5 * day)).finding == nil)
    #expect(above.step(&state, Sample(value: 7000, weight: 1, time: 5 * day)).finding != nil)
  }
}
