import Configuration
import Glibc
import Threads

/// How a run goes, on stderr: on a terminal one line that is rewritten, else a line every five seconds.
final class Progress {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let began = Clock.monotonicNanoseconds()
  private var lastShown: Int64
  private var lastSent = 0
  private var lastError: String?
  private var isLineOpen = false

  init() {
    lastShown = began
  }

  var elapsedSeconds: Double { Double(Clock.monotonicNanoseconds() - began) * 1e-9 }

  /// Shows the state when it is time to. `acknowledged` is nil when nobody acknowledges.
  func tick(sent: Int, acknowledged: Int?, error: String?) {
    if let error, error != lastError { say(error) }
    lastError = error
    let now = Clock.monotonicNanoseconds()
    guard now - lastShown >= (isTerminal ? 500_000_000 : 5_000_000_000) else { return }
    let rate = Double(sent - lastSent) / (Double(now - lastShown) * 1e-9)
    lastShown = now
    lastSent = sent
    let line =
      "sent \(counted(sent, "event")), \(decimal(rate))/s" + (acknowledged.map { ", \($0) acknowledged" } ?? "")
    if isTerminal {
      writeError("\r\(line)\u{1b}[K")
      isLineOpen = true
    } else {
      writeError("event-generator: \(line)\n")
    }
  }

  /// A line of its own.
  func say(_ line: String) {
    end()
    writeError("event-generator: \(line)\n")
  }

  /// Leaves the line that is being rewritten.
  func end() {
    if isLineOpen { writeError("\n") }
    isLineOpen = false
  }
}

/// With one decimal place.
func decimal(_ number: Double) -> String {
  let tenths = Int64((number * 10).rounded())
  return "\(tenths / 10).\(abs(tenths % 10))"
}
