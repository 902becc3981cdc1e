import TestThreads
import Testing

/// The comparison is worth something: it finds what an operator does wrong.
@Suite(.blocking) struct PlantedFaultTests {
  private static let seeds: ClosedRange<UInt64> = 1...300

  @Test("every fault that is planted in an operator is found")
  func found() throws {
    #expect(PlantedFault.all.count >= 10)
    let judge = try Judge()
    var hidden = PlantedFault.all
    for seed in Self.seeds where !hidden.isEmpty {
      let trial = try Trial(seed: seed)
      // One that no definition of the trial is touched by costs no more than a plan.
      try hidden.removeAll { try !judge.differences(of: trial, with: $0).differences.isEmpty }
    }
    #expect(hidden.isEmpty, "no definition of \(Self.seeds.count) trials shows them: \(hidden.map(\.name))")
  }
}
