import Testing
import Threads

@Suite struct StartedPartsTests {
  @Test("all parts are asked to end before the first is waited for, and end in the reverse order, once")
  func order() {
    let log = Monitor<[String]>([])
    let parts = StartedParts()
    for name in ["pool", "health", "server"] {
      parts.add(
        stop: { log.update { $0.append("stop \(name)") } }, end: { log.update { $0.append("end \(name)") } })
    }
    parts.stop()
    parts.stop()
    #expect(
      log.read { $0 } == ["stop server", "stop health", "stop pool", "end server", "end health", "end pool"])
  }

  @Test("when it has stopped no thread that it started is running")
  func threads() throws {
    let isStopping = Monitor(false)
    let running = Monitor(0)
    let parts = StartedParts()
    for number in 0..<8 {
      running.update { $0 += 1 }
      try parts.startThread(
        "part \(number)", stop: { isStopping.update { $0 = true } },
        run: {
          _ = isStopping.wait { $0 ? true : nil }
          running.update { $0 -= 1 }
        })
    }
    #expect(running.read { $0 } == 8)
    parts.stop()
    #expect(running.read { $0 } == 0)
  }

  @Test("parts that wait for each other's end are no deadlock: each is asked first")
  func dependent() throws {
    let (first, second) = (Monitor(false), Monitor(false))
    let parts = StartedParts()
    try parts.startThread("first", stop: { first.update { $0 = true } }, run: { _ = first.wait { $0 ? true : nil } })
    try parts.startThread(
      "second", stop: { second.update { $0 = true } },
      run: {
        _ = first.wait { $0 ? true : nil }
        _ = second.wait { $0 ? true : nil }
      })
    parts.stop()
    #expect(first.read { $0 } && second.read { $0 })
  }
}
