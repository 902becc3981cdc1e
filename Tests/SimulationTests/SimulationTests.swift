import Simulation
import Testing

@Suite struct SimulationTests {
  @Test("whatever dies, every record changes the results exactly once")
  func exactlyOnce() throws {
    let simulation = try Simulation()
    var missing = Set(Milestone.allCases)
    for seed in UInt64(1)...200 {
      let verdict = simulation.run(seed: seed)
      #expect(verdict.violations == [], "seed \(seed)")
      missing.subtract(verdict.milestones)
    }
    #expect(missing == [], "no schedule came to that")
  }

  @Test("a crash after any action loses and repeats nothing")
  func sweep() throws {
    let simulation = try Simulation()
    for seed in UInt64(1)...2 {
      let (schedules, failures) = simulation.sweep(seed: seed)
      #expect(schedules > 20)
      for (action, verdict) in failures { Issue.record("seed \(seed), action \(action): \(verdict.violations)") }
    }
  }

  @Test("each planted bug is found within a thousand seeds", arguments: PlantedBug.allCases)
  func plantedBugs(bug: PlantedBug) throws {
    let simulation = try Simulation(bug: bug)
    let found = (UInt64(1)...1000).first { !simulation.run(seed: $0).violations.isEmpty }
    #expect(found != nil, "\(bug.rawValue) was not found")
  }

  @Test("a seed is a schedule: the same from its first line to its last", arguments: UInt64(1)...20)
  func replay(seed: UInt64) throws {
    let simulation = try Simulation()
    let first = simulation.run(seed: seed, keepsTrace: true)
    // Another one in between leaves nothing behind.
    _ = simulation.run(seed: seed + 1000)
    let second = try Simulation().run(seed: seed, keepsTrace: true)
    #expect(first == second)
    #expect(first.trace?.isEmpty == false)
  }
}
