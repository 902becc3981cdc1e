import TestThreads
import Testing

/// The comparison is worth something: it finds what an operator does wrong.
@Suite(.blocking) struct PlantedFaultTests {
  private static let seeds: ClosedRange<UInt64> = 1...40

  @Test("a fault that is planted in an operator is found", arguments: PlantedFault.all)
  func found(_ fault: PlantedFault) throws {
    let judge = try Judge()
    let seed = try Self.seeds.first { seed in
      try !judge.differences(of: Trial(seed: seed), with: fault).differences.isEmpty
    }
    #expect(seed != nil, "no definition of \(Self.seeds.count) trials shows that \(fault.name)")
  }
}
