import Detection
import Testing

@Suite struct ThresholdDetectorTests {
  private let errorRate = ThresholdDetector(
    direction: .above,
    levels: [.init(severity: .warning, threshold: 0.10), .init(severity: .critical, threshold: 0.15)],
    minimumWeight: 5)

  @Test(
    "the most severe level that the value passes is reported",
    arguments: [
      (0.05, nil), (0.10, nil), (0.1001, Finding(severity: .warning, threshold: 0.10)),
      (0.15, Finding(severity: .warning, threshold: 0.10)), (0.1501, Finding(severity: .critical, threshold: 0.15)),
      (1.0, Finding(severity: .critical, threshold: 0.15)), (Double.nan, nil),
    ] as [(Double, Finding?)])
  func levels(value: Double, finding: Finding?) {
    #expect(errorRate.evaluate(Sample(value: value, weight: 100)) == finding)
  }

  @Test("a sample of too few events is never reported", arguments: [(0, false), (4, false), (5, true), (6, true)])
  func minimumWeight(weight: Int, isReported: Bool) {
    #expect((errorRate.evaluate(Sample(value: 1, weight: weight)) != nil) == isReported)
  }

  @Test("below reports values under the limit")
  func below() {
    let speed = ThresholdDetector(
      direction: .below, levels: [.init(severity: .warning, threshold: 5)], minimumWeight: 1)
    #expect(speed.evaluate(Sample(value: 4.9, weight: 1)) == Finding(severity: .warning, threshold: 5))
    #expect(speed.evaluate(Sample(value: 5, weight: 1)) == nil)
  }
}
