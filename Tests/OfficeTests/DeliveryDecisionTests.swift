import Plan
import Testing

@testable import Office

@Suite struct RetryPlanTests {
  private let plan = RetryPlan(giveUpSeconds: 3_600)

  @Test(
    "waits double up to five minutes, less up to a half",
    arguments: [(1, 1_000), (2, 2_000), (3, 4_000), (9, 256_000), (10, 300_000), (1_000, 300_000)])
  func waits(attempts: Int, longest: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let wait = plan.wait(attempts: attempts, ageSeconds: 0, isRefused: false, using: &generator) ?? -1
      #expect((longest / 2...longest).contains(wait))
    }
  }

  @Test("what is refused is given up after eight attempts, what cannot be reached after its time")
  func givesUp() {
    var generator = SystemRandomNumberGenerator()
    #expect(plan.wait(attempts: 7, ageSeconds: 0, isRefused: true, using: &generator) != nil)
    #expect(plan.wait(attempts: 8, ageSeconds: 0, isRefused: true, using: &generator) == nil)
    #expect(plan.wait(attempts: 100, ageSeconds: 3_599, isRefused: false, using: &generator) != nil)
    #expect(plan.wait(attempts: 1, ageSeconds: 3_600, isRefused: false, using: &generator) == nil)
  }
}

@Suite struct AllowanceTests {
  @Test("without a limit each notification has a message, however many wait")
  func unlimited() {
    #expect(Allowance(.slack, left: nil, waiting: 1_000) == .one)
  }

  @Test(
    "the last message that a limit leaves tells all that wait, if they are many",
    arguments: [(2, 100, Allowance.one), (1, 100, .summary), (1, 3, .summary), (1, 2, .one), (0, 100, .nothing)])
  func limited(left: Int, waiting: Int, expected: Allowance) {
    #expect(Allowance(.webhook, left: left, waiting: waiting) == expected)
  }

  @Test("PagerDuty gets each event by itself, an Alertmanager all at once")
  func kinds() {
    #expect(Allowance(.pagerduty, left: 1, waiting: 100) == .one)
    #expect(Allowance(.alertmanager, left: nil, waiting: 2) == .summary)
    #expect(Allowance(.alertmanager, left: 0, waiting: 2) == .nothing)
  }
}
