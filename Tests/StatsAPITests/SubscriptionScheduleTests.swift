import Testing

@testable import StatsAPI

@Suite struct SubscriptionScheduleTests {
  @Test("rounds keep their distance, and what is wanted meanwhile is not lost")
  func interval() {
    //  0   40   100 ms
    //  a   b    ↓
    //  a        b
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 100, heartbeatMilliseconds: 15_000, maximumRunning: 3, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.finished("a")
    schedule.want(["b"])
    let early = schedule.round(now: 40)
    #expect(early.keys == [])
    #expect(early.sleepMilliseconds == 60)
    #expect(schedule.round(now: 100).keys == ["b"])
  }

  @Test("a key whose query is under way is asked again after it, once")
  func running() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, maximumRunning: 3, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.want(["a"])
    schedule.want(["a"])
    #expect(schedule.round(now: 1).keys == [])
    schedule.finished("a")
    #expect(schedule.round(now: 2).keys == ["a"])
    schedule.finished("a")
    #expect(schedule.round(now: 3).keys == [])
  }

  @Test("heartbeats come at their interval, and the sleep ends with the next")
  func heartbeats() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 200, heartbeatMilliseconds: 15_000, maximumRunning: 3, now: 0)
    let first = schedule.round(now: 14_000)
    #expect(!first.isHeartbeat)
    #expect(first.sleepMilliseconds == 1_000)
    #expect(schedule.round(now: 15_000).isHeartbeat)
    #expect(!schedule.round(now: 15_001).isHeartbeat)
    #expect(schedule.round(now: 30_000).isHeartbeat)
  }

  @Test("a key that nobody listens to is not asked")
  func forgotten() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, maximumRunning: 3, now: 0)
    schedule.want(["a", "b"])
    schedule.forget("a")
    #expect(schedule.round(now: 0).keys == ["b"])
  }

  @Test("few queries run at a time, and those that wait for their turn see what is committed meanwhile")
  func fewAtATime() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, maximumRunning: 2, now: 0)
    schedule.want(["a", "b", "c", "d"])
    let first = schedule.round(now: 0).keys
    #expect(first.count == 2)
    // Only of those that run the result may be too old.
    schedule.want(["a", "b", "c", "d"])
    #expect(schedule.round(now: 1).keys == [])
    for key in first { schedule.finished(key) }
    let second = schedule.round(now: 2).keys
    #expect(Set(first + second) == ["a", "b", "c", "d"])
    for key in second { schedule.finished(key) }
    #expect(Set(schedule.round(now: 3).keys) == Set(first))
  }

  @Test("a key that was not asked between two heartbeats is asked with the second")
  func unasked() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, maximumRunning: 3, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.finished("a")
    schedule.wantUnasked(["a", "b"])
    #expect(schedule.round(now: 1).keys == ["b"])
    schedule.finished("b")
    schedule.wantUnasked(["a", "b"])
    #expect(schedule.round(now: 2).keys == ["a"])
  }

  @Test("a key that is forgotten while it waits for its turn is not asked, and one that comes back is")
  func forgottenInQueue() {
    var schedule = SubscriptionSchedule<String>(
      intervalMilliseconds: 0, heartbeatMilliseconds: 15_000, maximumRunning: 1, now: 0)
    schedule.want(["a"])
    #expect(schedule.round(now: 0).keys == ["a"])
    schedule.want(["b"])
    #expect(schedule.round(now: 1).keys == [])
    schedule.forget("b")
    schedule.finished("a")
    #expect(schedule.round(now: 2).keys == [])
    schedule.want(["b"])
    #expect(schedule.round(now: 3).keys == ["b"])
  }
}
