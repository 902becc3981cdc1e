/// What every kind of made-up events is told of the run.
public struct SynthesisRun: Sendable {
  public var seed: UInt64
  public var outOfOrder: OutOfOrder?
  /// What happens to whom, in the words of the kind.
  public var incidents: [IncidentSpec]
  /// The run's first event time: what an incident's relative start counts from. Milliseconds since 1970 UTC.
  public var beginningMilliseconds: Int64

  public init(
    seed: UInt64, outOfOrder: OutOfOrder? = nil, incidents: [IncidentSpec] = [], beginningMilliseconds: Int64
  ) {
    self.seed = seed
    self.outOfOrder = outOfOrder
    self.incidents = incidents
    self.beginningMilliseconds = beginningMilliseconds
  }

  /// When the event happened whose turn is at `milliseconds`: then, or earlier when the run is out of order and the bits
  /// want it so.
  public func eventTime(_ milliseconds: Int64, bits: UInt64) -> Int64 {
    milliseconds - (outOfOrder?.lateness(bits) ?? 0)
  }
}
