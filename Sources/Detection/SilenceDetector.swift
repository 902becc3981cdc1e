import Glibc

/// Finds keys of which nothing comes any more: so many windows without an event, which would be most unlikely at the rate
/// at which the key's events came before.
///
/// A key with one event an hour is not silent after five minutes: events are taken to come independently (Poisson), so
/// that `n` empty windows of a key with `rate` events a window have the probability `exp(-rate * n)`.
public struct SilenceDetector: Sendable {
  /// A silence that comes by chance once in so many is none yet.
  private static let improbability = 1e6
  /// Windows with events before a key is known.
  private static let knownAfter = 10.0
  /// Weight of the newest window: the rate follows the time of day within half an hour of minutes.
  private static let weight = 1.0 / 30

  private let levels: [DetectorConfiguration.Level]

  /// - Parameter levels: numbers of windows, in any order; the most severe one that is reached counts.
  public init(levels: [DetectorConfiguration.Level]) {
    self.levels = levels.sorted { $0.severity > $1.severity }
  }

  /// What is remembered of a key.
  public struct State: Sendable, Hashable {
    /// Events of a window, before the silence.
    var rate = 0.0
    /// Windows with events, up to what is enough.
    var known = 0.0
    /// Windows without since then.
    var silent = 0.0

    public init() {}
  }

  /// Judges the key's next window and learns from it.
  ///
  /// - Parameter events: how many there were; 0 or no number: none.
  public func step(_ state: inout State, events: Double) -> Judgement {
    guard events > 0, events.isFinite else {
      state.silent += 1
      let chance = exp(-state.rate * state.silent)
      guard state.known >= Self.knownAfter, chance * Self.improbability <= 1 else {
        return Judgement(score: 0, expected: state.rate)
      }
      let reached = levels.first { state.silent >= $0.threshold }
      return Judgement(
        score: state.silent, expected: state.rate,
        finding: reached.map {
          Finding(severity: $0.severity, threshold: $0.threshold, expected: state.rate, probability: 1 - chance)
        })
    }
    // The first windows count alike; and short silences were a part of the rate.
    let weight = max(Self.weight, 1 / (state.known + 1))
    state.rate *= pow(1 - Self.weight, min(state.silent, 1000))
    state.rate += weight * (events - state.rate)
    state.known = min(state.known + 1, 1000)
    state.silent = 0
    return Judgement(score: 0, expected: state.rate)
  }

  /// An event has come late: the key was silent only since then.
  ///
  /// - Parameter windowsAgo: how many windows the last one that was judged is after the event's; all of them were silent.
  /// - Returns: what is left of a silence reaches no level.
  public func hear(_ state: inout State, windowsAgo: Int) -> Bool {
    guard Double(windowsAgo) < state.silent else { return false }
    state.silent = Double(max(windowsAgo, 0))
    return !levels.contains { state.silent >= $0.threshold }
  }
}

extension SilenceDetector.State {
  /// As it is kept in a table.
  public var encoded: [UInt8] {
    var writer = StateWriter()
    writer.put(UInt8(1))
    for number in [rate, known, silent] { writer.put(number.bitPattern) }
    return writer.bytes
  }

  /// What these bytes say; a fresh one when they say nothing.
  public init(decoding bytes: [UInt8]) {
    self.init()
    var reader = StateReader(bytes)
    guard (try? reader.integer(UInt8.self)) == 1, let rate = try? reader.integer(UInt64.self),
      let known = try? reader.integer(UInt64.self), let silent = try? reader.integer(UInt64.self)
    else { return }
    let numbers = [rate, known, silent].map { Double(bitPattern: $0) }
    guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return }
    (self.rate, self.known, self.silent) = (numbers[0], numbers[1], numbers[2])
  }
}
