import Synthesis

/// An outage: for a while, downloads of one region fail at a given rate.
public struct Incident: Equatable, Sendable {
  /// When it begins.
  public enum Start: Equatable, Sendable {
    /// This long after the run's first event time.
    case afterBeginning(milliseconds: Int64)
    /// Milliseconds since 1970 UTC.
    case at(milliseconds: Int64)
  }

  public var region: String
  public var start: Start
  public var durationMilliseconds: Int64
  /// Share of the region's downloads that fail, 0 to 1.
  public var errorRate: Double

  public init(region: String, start: Start, durationMilliseconds: Int64, errorRate: Double) {
    self.region = region
    self.start = start
    self.durationMilliseconds = durationMilliseconds
    self.errorRate = errorRate
  }

  /// Reads `REGION:START:DURATION:ERROR_RATE`, for example `US-California:+60s:5m:0.6`.
  ///
  /// START is `+DURATION` from the run's beginning or an ISO 8601 time (whose colons do no harm); ERROR_RATE is a share
  /// or a percentage with `%`.
  public init(parsing text: String) throws(SettingError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 4 else {
      throw SettingError("an incident is REGION:START:DURATION:ERROR_RATE, not “\(text)”")
    }
    region = String(parts[0])
    guard !region.isEmpty else { throw SettingError("the incident “\(text)” names no region") }
    let start = parts[1..<parts.count - 2].joined(separator: ":")
    if start.hasPrefix("+") {
      self.start = .afterBeginning(milliseconds: try parseDuration(String(start.dropFirst())))
    } else {
      self.start = .at(milliseconds: try parseTime(start))
    }
    durationMilliseconds = try parseDuration(String(parts[parts.count - 2]))
    errorRate = try parseShare(String(parts[parts.count - 1]))
  }

  /// The event times that it covers, given the run's first; in milliseconds since 1970 UTC.
  public func span(beginning: Int64) -> Range<Int64> {
    let first =
      switch start {
      case .afterBeginning(let milliseconds): beginning + milliseconds
      case .at(let milliseconds): milliseconds
      }
    return first..<first + durationMilliseconds
  }
}
