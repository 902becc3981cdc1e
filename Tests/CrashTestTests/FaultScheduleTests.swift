import CrashTest
import Testing

@Suite struct FaultScheduleTests {
  private func settings(seed: UInt64, minutes: Int = 10, processors: Int = 3, survives: Bool = true)
    -> FaultSchedule.Settings
  {
    FaultSchedule.Settings(
      seed: seed, durationMilliseconds: minutes * 60_000, intervalMilliseconds: 5_000, processors: processors,
      sessionTimeoutMilliseconds: 6_000, brokerSurvives: survives)
  }

  @Test("the same seed gives the same faults at the same times, another one others")
  func isDeterministic() {
    let first = FaultSchedule(settings(seed: 7)).entries
    #expect(first == FaultSchedule(settings(seed: 7)).entries)
    #expect(first != FaultSchedule(settings(seed: 8)).entries)
  }

  @Test("ten minutes have about as many faults as the interval says, of all kinds, in order", arguments: 0..<20)
  func density(seed: UInt64) {
    let entries = FaultSchedule(settings(seed: seed)).entries
    #expect((90...150).contains(entries.count))
    #expect(Set(entries.map(\.fault.kind)) == Set(Fault.Kind.allCases))
    #expect(entries.map(\.milliseconds) == entries.map(\.milliseconds).sorted())
    #expect(entries.allSatisfy { $0.milliseconds >= 2_000 && $0.milliseconds < 600_000 })
  }

  @Test("a broker that would lose its data is paused and never killed", arguments: 0..<20)
  func sparesTheEmbeddedBroker(seed: UInt64) {
    let kinds = Set(FaultSchedule(settings(seed: seed, survives: false)).entries.map(\.fault.kind))
    #expect(kinds.contains(.pauseBroker) && !kinds.contains(.killBroker))
  }

  @Test("what is down is left alone until it is back", arguments: 0..<20)
  func hitsOnlyWhatIsUp(seed: UInt64) {
    var downUntil: [String: Int] = [:]
    for entry in FaultSchedule(settings(seed: seed)).entries {
      let (target, length): (String, Int)
      switch entry.fault {
      case .killProcessor(let number, let down), .terminateProcessor(let number, let down):
        (target, length) = ("processor \(number)", down)
      case .pauseProcessor(let number, let duration): (target, length) = ("processor \(number)", duration)
      case .crashPostgres(let down): (target, length) = ("Postgres", down)
      case .killSessions, .cutConnections: (target, length) = ("Postgres", 0)
      case .killBroker(let down): (target, length) = ("broker", down)
      case .pauseBroker(let duration): (target, length) = ("broker", duration)
      }
      #expect(entry.milliseconds >= downUntil[target, default: 0], "\(entry)")
      downUntil[target] = max(downUntil[target, default: 0], entry.milliseconds + length)
    }
  }

  @Test("a paused processor sleeps for longer than its session lasts", arguments: 0..<20)
  func pausesOverARebalance(seed: UInt64) {
    for entry in FaultSchedule(settings(seed: seed)).entries {
      if case .pauseProcessor(let number, let duration) = entry.fault {
        #expect(duration > 6_000 && (0..<3).contains(number))
      }
    }
  }
}
