import Detection
import Plan

/// What an alert remembers of one key: the detector's numbers, and what has become of the alert about it.
package struct KeyState: Hashable {
  package enum Memory: Hashable {
    case values(DetectorState)
    case silence(SilenceDetector.State)
  }

  package var lifecycle = KeyLifecycle()
  /// The newest window of which there was a row.
  package var seen: Int64 = .min
  package var memory: Memory

  init(for detector: AlertPlan.Detector) {
    switch detector {
    case .values(let configuration): memory = .values(DetectorState(for: configuration))
    case .silence: memory = .silence(SilenceDetector.State())
    }
  }

  /// - Parameters:
  ///   - bytes: as `encoded` wrote them. What they do not say, because the alert has another detector by now, begins anew.
  ///   - seen: the newest window of which there was a row.
  package init(decoding bytes: [UInt8], for detector: AlertPlan.Detector) {
    self.init(for: detector)
    guard bytes.count >= 10 else { return }
    let length = Int(bytes[0]) | Int(bytes[1]) << 8
    seen = Int64(littleEndianAt: 2, in: bytes)
    guard bytes.count >= 10 + length else { return }
    if let lifecycle = KeyLifecycle(decoding: Array(bytes[10..<10 + length])) { self.lifecycle = lifecycle }
    let rest = Array(bytes[(10 + length)...])
    switch detector {
    case .values(let configuration): memory = .values(DetectorState.decoded(rest, for: configuration).state)
    case .silence: memory = .silence(SilenceDetector.State(decoding: rest))
    }
  }

  package func encoded(for detector: AlertPlan.Detector) -> [UInt8] {
    let lifecycle = lifecycle.encoded
    var bytes = [UInt8(truncatingIfNeeded: lifecycle.count), UInt8(truncatingIfNeeded: lifecycle.count >> 8)]
    withUnsafeBytes(of: seen.littleEndian) { bytes.append(contentsOf: $0) }
    bytes += lifecycle
    switch (memory, detector) {
    case (.values(let state), .values(let configuration)): bytes += state.encoded(for: configuration)
    case (.silence(let state), _): bytes += state.encoded
    case (.values, .silence): break
    }
    return bytes
  }
}
