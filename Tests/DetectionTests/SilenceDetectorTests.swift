import Detection
import Testing

@Suite struct SilenceDetectorTests {
  private let detector = SilenceDetector(levels: [
    .init(severity: .warning, threshold: 3), .init(severity: .critical, threshold: 10),
  ])

  /// After so many windows with events, windows without any: when which severity is found.
  private func silences(after windows: Int, of events: Double, every: Int = 1) -> [Int: Severity] {
    var state = SilenceDetector.State()
    for window in 0..<windows { _ = detector.step(&state, events: window % every == 0 ? events : 0) }
    var found: [Int: Severity] = [:]
    for silent in 1...60 { found[silent] = detector.step(&state, events: 0).finding?.severity }
    return found
  }

  @Test("a key whose events come all the time is silent after as many windows as a level says")
  func levels() {
    let found = silences(after: 30, of: 50)
    #expect(found[2] == nil && found[3] == .warning && found[9] == .warning && found[10] == .critical)
  }

  @Test("a key that comes rarely takes longer, and one that has hardly come is none that goes silent")
  func rare() {
    let found = silences(after: 120, of: 1, every: 4)
    #expect(found[10] == nil && found[60] == .critical)
    #expect(silences(after: 9, of: 50).isEmpty)
  }

  @Test("what is remembered is the same after it was stored; other bytes say nothing")
  func bytes() {
    var state = SilenceDetector.State()
    for window in 0..<40 { _ = detector.step(&state, events: Double(window % 3)) }
    #expect(SilenceDetector.State(decoding: state.encoded) == state)
    #expect(SilenceDetector.State(decoding: Array(state.encoded.dropLast())) == SilenceDetector.State())
    #expect(SilenceDetector.State(decoding: []) == SilenceDetector.State())
  }
}
