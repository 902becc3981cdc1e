import Testing
import Threads

@Suite struct MonitorTests {
  @Test("updates of several threads are not lost")
  func updatesAreNotLost() throws {
    let monitor = Monitor(0)
    let threads = try (0..<4).map { index in
      try WorkerThread(name: "adder \(index)") {
        for _ in 0..<1000 { monitor.update { $0 += 1 } }
      }
    }
    for thread in threads { thread.join() }
    #expect(monitor.read { $0 } == 4000)
  }

  @Test("a waiting thread is woken by the update that it waits for")
  func waitIsWoken() throws {
    let monitor = Monitor((request: 0, answer: 0))
    let thread = try WorkerThread(name: "answerer") {
      let request = monitor.wait { $0.request > 0 ? $0.request : nil } ?? 0
      monitor.update { $0.answer = request * 2 }
    }
    monitor.update { $0.request = 21 }
    #expect(monitor.wait(timeoutMilliseconds: 60_000) { $0.answer > 0 ? $0.answer : nil } == 42)
    thread.join()
    thread.join()
  }

  @Test("a wait whose condition never comes ends with its time", arguments: [0, 1, 20])
  func waitTimesOut(milliseconds: Int) {
    let monitor = Monitor(1)
    let began = ContinuousClock.now
    #expect(monitor.wait(timeoutMilliseconds: milliseconds) { $0 > 1 ? $0 : nil } == nil)
    #expect(ContinuousClock.now - began >= .milliseconds(milliseconds))
  }
}
