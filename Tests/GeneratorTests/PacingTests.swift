import Synthesis
import Testing

@Suite struct PacingTests {
  private let second: Int64 = 1_000_000_000

  @Test("at 1,000 a second a hundred are due after 100 ms, and none twice")
  func steady() {
    var pacer = Pacer(rate: 1000, now: 5 * second)
    #expect(pacer.due(now: 5 * second, limit: 10_000) == 0)
    #expect(pacer.due(now: 5 * second + second / 10, limit: 10_000) == 100)
    pacer.didSend(100)
    #expect(pacer.due(now: 5 * second + second / 10, limit: 10_000) == 0)
    #expect(pacer.wait(now: 5 * second + second / 10) == second / 1000)
  }

  @Test("after a stall at most a second's worth is caught up")
  func stall() {
    var pacer = Pacer(rate: 1000, now: 0)
    #expect(pacer.due(now: 60 * second, limit: 10_000) == 1000)
    pacer.didSend(1000)
    #expect(pacer.due(now: 60 * second, limit: 10_000) == 0)
    #expect(pacer.due(now: 60 * second + second / 2, limit: 10_000) == 500)
  }

  @Test("a rate below one a second is kept")
  func slow() {
    var pacer = Pacer(rate: 0.5, now: 0)
    #expect(pacer.due(now: second, limit: 10) == 0)
    #expect(pacer.wait(now: second) == second)
    #expect(pacer.due(now: 2 * second, limit: 10) == 1)
    pacer.didSend(1)
    #expect(pacer.due(now: 2 * second, limit: 10) == 0)
  }

  @Test("without a rate everything is due at once")
  func unlimited() {
    var pacer = Pacer(rate: nil, now: 0)
    #expect(pacer.due(now: 0, limit: 10_000) == 10_000)
    pacer.didSend(10_000)
    #expect(pacer.due(now: 0, limit: 7) == 7)
    #expect(pacer.wait(now: 0) == 0)
  }

  @Test("events are spread evenly over a span, the first at its start, the last before its end")
  func timeline() {
    let spread = EventTimeline.over(span: 600_000, count: 2_000_000, from: newYear)
    #expect(spread.milliseconds(of: 0, now: 0) == newYear)
    #expect(spread.milliseconds(of: 1_000_000, now: 0) == newYear + 300_000)
    #expect(spread.milliseconds(of: 1_999_999, now: 0) == newYear + 599_999)
    #expect(EventTimeline.rate(4, from: newYear).milliseconds(of: 10, now: 0) == newYear + 2500)
    #expect(EventTimeline.live.milliseconds(of: 10, now: 77) == 77)
  }
}

@Suite struct UnreadLimitTests {
  private func partition(low: Int64 = 0, high: Int64, committed: Int64?) -> UnreadLimit.Partition {
    UnreadLimit.Partition(low: low, high: high, committed: committed)
  }

  @Test("the fullest partition decides, and what is in flight counts against it")
  func allowance() {
    // 256 bytes are assumed for an event: 1,000 fit.
    var limit = UnreadLimit(maxUnreadBytes: 256_000)
    #expect(limit.allowance == 0)
    let changes = limit.didLook(
      at: [partition(high: 900, committed: 800), partition(high: 5000, committed: 4600)], inFlight: 200)
    #expect(changes.isEmpty)
    #expect(limit.allowance == 400)
  }

  @Test("each event sent uses up the allowance, and its size corrects the estimate")
  func sizes() {
    var limit = UnreadLimit(maxUnreadBytes: 256_000)
    _ = limit.didLook(at: [partition(high: 0, committed: nil)], inFlight: 0)
    for _ in 0..<10 { limit.didSend(bytes: 512 - 24) }
    #expect(limit.allowance == 990)
    _ = limit.didLook(at: [partition(high: 10, committed: 10)], inFlight: 0)
    #expect(limit.allowance == 500)
  }

  @Test("waiting and going on are said once each, going on only when it is worth it")
  func changes() {
    var limit = UnreadLimit(maxUnreadBytes: 256_000)
    #expect(limit.didLook(at: [partition(high: 1000, committed: nil)], inFlight: 0) == [.waiting])
    #expect(limit.didLook(at: [partition(high: 1000, committed: 10)], inFlight: 0).isEmpty)
    #expect(limit.allowance == 0)
    #expect(limit.didLook(at: [partition(high: 1000, committed: 500)], inFlight: 0) == [.resumed])
    #expect(limit.allowance == 500)
    #expect(limit.didLook(at: [partition(high: 1000, committed: 1000)], inFlight: 0).isEmpty)
  }

  @Test("while events are in flight nothing is said about waiting: the reader is not to blame")
  func inFlight() {
    var limit = UnreadLimit(maxUnreadBytes: 256_000)
    #expect(limit.didLook(at: [partition(high: 0, committed: 0)], inFlight: 1000).isEmpty)
    #expect(limit.allowance == 0)
  }

  @Test("records that the broker dropped unread are said, each once")
  func lost() {
    var limit = UnreadLimit(maxUnreadBytes: 256_000)
    let dropped = partition(low: 70, high: 100, committed: 50)
    #expect(limit.didLook(at: [dropped, partition(high: 5, committed: nil)], inFlight: 0) == [.lost(records: 20)])
    #expect(limit.didLook(at: [dropped, partition(high: 5, committed: nil)], inFlight: 0).isEmpty)
    #expect(
      limit.didLook(at: [dropped, partition(low: 3, high: 5, committed: nil)], inFlight: 0) == [.lost(records: 3)])
  }
}
