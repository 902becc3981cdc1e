import Kafka
import Testing

/// Logs as `o` records, `x` offsets that no reader is given, `|` the position.
@Suite struct UnreadRecordsTests {
  private func log(_ low: Int64, _ high: Int64) -> WatermarkOffsets { WatermarkOffsets(low: low, high: high) }

  @Test("records behind the positions are counted, from a log's beginning where there is no position")
  func records() {
    var unread = UnreadRecords()
    #expect(unread.look(at: [0: log(0, 10), 1: log(4, 9), 2: log(0, 3)], positions: [0: 7, 2: 3]) == [:])
    #expect(unread.count == 3 + 5 + 0)
  }

  @Test("a distance that does not change is asked about, once; a marker at the end is no record: ooo|x")
  func marker() {
    var unread = UnreadRecords()
    #expect(unread.look(at: [0: log(0, 4)], positions: [0: 3]) == [:])
    #expect(unread.count == 1)
    #expect(unread.look(at: [0: log(0, 4)], positions: [0: 3]) == [0: 3])
    unread.found([0: 4])
    #expect(unread.count == 0)
    #expect(unread.look(at: [0: log(0, 4)], positions: [0: 3]) == [:])
    #expect(unread.count == 0)
  }

  @Test("what follows aborted records is counted without them: oo|xxxoo")
  func aborted() {
    var unread = UnreadRecords()
    for _ in 0..<2 { _ = unread.look(at: [0: log(0, 7)], positions: [0: 2]) }
    unread.found([0: 5])
    #expect(unread.count == 2)
  }

  @Test("a record that stays unread stays counted, and is asked about once: a stalled reader is seen")
  func stalled() {
    var unread = UnreadRecords()
    _ = unread.look(at: [0: log(0, 4)], positions: [0: 2])
    #expect(unread.look(at: [0: log(0, 4)], positions: [0: 2]) == [0: 2])
    unread.found([0: 2])
    for _ in 0..<3 { #expect(unread.look(at: [0: log(0, 4)], positions: [0: 2]) == [:]) }
    #expect(unread.count == 2)
  }

  @Test("without an answer it is asked again, and what is new is counted at once")
  func unanswered() {
    var unread = UnreadRecords()
    _ = unread.look(at: [0: log(0, 4)], positions: [0: 3])
    for _ in 0..<2 {
      #expect(unread.look(at: [0: log(0, 4)], positions: [0: 3]) == [0: 3])
      unread.found([:])
    }
    unread.found([0: 4])
    #expect(unread.look(at: [0: log(0, 6)], positions: [0: 3]) == [:])
    #expect(unread.count == 3)
    // A topic that was made anew, or a partition that is gone.
    #expect(unread.look(at: [0: log(0, 2)], positions: [0: 3]) == [:])
    #expect(unread.count == 0)
    #expect(unread.look(at: [:], positions: [0: 3]) == [:])
    #expect(unread.count == 0)
  }

  @Test("records that retention has taken before they were read are not waited for")
  func expired() {
    var unread = UnreadRecords()
    _ = unread.look(at: [0: log(8, 10)], positions: [0: 3])
    #expect(unread.count == 2)
    #expect(unread.look(at: [0: log(8, 10)], positions: [0: 3]) == [0: 8])
  }
}
