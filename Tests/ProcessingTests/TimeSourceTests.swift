import Testing

@testable import Processing

@Suite struct ClockTests {
  private func wall(_ wall: Int64, monotonic: Int64) -> Int64 {
    MachineTime.wall(wall, monotonic: monotonic, since: (monotonic: 100, wall: 5000))
  }

  @Test("the wall clock is followed forward and not back")
  func steps() {
    #expect(wall(5010, monotonic: 110) == 5010)
    #expect(wall(9000, monotonic: 110) == 9000)
    #expect(wall(1000, monotonic: 110) == 5010)
    #expect(wall(1010, monotonic: 120) == 5020)
  }
}
