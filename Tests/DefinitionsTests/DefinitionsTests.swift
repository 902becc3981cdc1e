import Glibc
import TestThreads
import Testing

@testable import PostgresOracle

/// Random definitions of the whole language over random streams, against a real server which is given the same text.
/// `DEFINITIONS` sets how many, `DEFINITIONS_SEED` where they begin; `DEFINITIONS=10 DEFINITIONS_SEED=7` is one trial again.
@Suite(.blocking) struct DefinitionsTests {
  private static let count = number("DEFINITIONS") ?? 200
  private static let first = UInt64(number("DEFINITIONS_SEED") ?? 1)
  private static let lanes = 4

  private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

  @Test("a definition has the rows and the dead letters that Postgres gives", arguments: 0..<lanes)
  func agrees(_ lane: Int) throws {
    let judge = try Judge()
    var definitions = 0
    var refused: [String] = []
    let trials = (Self.count + Trial.definitionsPerTrial - 1) / Trial.definitionsPerTrial
    for number in stride(from: lane, to: trials, by: Self.lanes) {
      let trial = try Trial(seed: Self.first + UInt64(number))
      let (differences, refusals) = try judge.differences(of: trial)
      definitions += trial.definitions.count
      refused += refusals
      guard let first = differences.first else { continue }
      let smallest = trial.shrunk(to: first.definition) {
        (try? judge.differences(of: $0).differences.isEmpty) == false
      }
      let left = try judge.differences(of: smallest).differences
      Issue.record(
        """
        \(left.prefix(5).map(\.description).joined(separator: "\n"))
        \(smallest.reproduction)
        """)
    }
    #expect(refused.count * 10 <= definitions, "the generator writes what the engine refuses: \(refused.prefix(5))")
  }
}
