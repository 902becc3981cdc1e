import Synthesis

/// An outage: for a while, downloads of one region fail at a given rate.
public struct Incident: Equatable, Sendable {
  /// When it begins.
  public typealias Start = IncidentStart

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
  /// ERROR_RATE is a share or a percentage with `%`; the rest is as in `IncidentSpec`.
  public init(parsing text: String) throws(SettingError) {
    try self.init(IncidentSpec(parsing: text, target: "region", effect: "error rate"))
  }

  /// The incident whose target is a region and whose effect a share.
  public init(_ spec: IncidentSpec) throws(SettingError) {
    self.init(
      region: spec.target, start: spec.start, durationMilliseconds: spec.durationMilliseconds,
      errorRate: try parseShare(spec.effect))
  }

  /// The event times that it covers, given the run's first; in milliseconds since 1970 UTC.
  public func span(beginning: Int64) -> Range<Int64> {
    start.span(of: durationMilliseconds, beginning: beginning)
  }
}
