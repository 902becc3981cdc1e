/// When an incident begins.
public enum IncidentStart: Equatable, Sendable {
  /// This long after the run's first event time.
  case afterBeginning(milliseconds: Int64)
  /// Milliseconds since 1970 UTC.
  case at(milliseconds: Int64)
}

/// An incident as an option says it: what happens to whom, from when on and for how long.
public struct IncidentSpec: Equatable, Sendable {
  /// Whom it happens to: a region, a series, a stream.
  public var target: String
  public var start: IncidentStart
  public var durationMilliseconds: Int64
  /// What happens, in the words of the kind of events.
  public var effect: String

  /// Reads `TARGET:START:DURATION:EFFECT`, for example `US-California:+60s:5m:0.6`.
  ///
  /// START is `+DURATION` from the run's beginning or an ISO 8601 time (whose colons do no harm).
  ///
  /// - Parameters:
  ///   - target: what the target is called in errors, e.g. "region".
  ///   - effect: what the effect is called in errors, e.g. "error rate".
  public init(parsing text: String, target: String, effect: String) throws(SettingError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 4 else {
      let effect = effect.uppercased().replacing(" ", with: "_")
      throw SettingError("an incident is \(target.uppercased()):START:DURATION:\(effect), not “\(text)”")
    }
    self.target = String(parts[0])
    guard !self.target.isEmpty else { throw SettingError("the incident “\(text)” names no \(target)") }
    let start = parts[1..<parts.count - 2].joined(separator: ":")
    if start.hasPrefix("+") {
      self.start = .afterBeginning(milliseconds: try parseDuration(String(start.dropFirst())))
    } else {
      self.start = .at(milliseconds: try parseTime(start))
    }
    durationMilliseconds = try parseDuration(String(parts[parts.count - 2]))
    self.effect = String(parts[parts.count - 1])
  }

  /// The event times that it covers, given the run's first; in milliseconds since 1970 UTC.
  public func span(beginning: Int64) -> Range<Int64> {
    start.span(of: durationMilliseconds, beginning: beginning)
  }
}

extension IncidentStart {
  /// The event times of something that lasts so long, given the run's first; in milliseconds since 1970 UTC.
  public func span(of durationMilliseconds: Int64, beginning: Int64) -> Range<Int64> {
    let first =
      switch self {
      case .afterBeginning(let milliseconds): beginning + milliseconds
      case .at(let milliseconds): milliseconds
      }
    return first..<first + durationMilliseconds
  }
}
