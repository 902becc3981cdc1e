/// The incidents of a run, by the number of whom they happen to.
public struct Stage<Effect> {
  public struct Incident {
    /// Event times in milliseconds since 1970 UTC.
    public var times: Range<Int64>
    public var effect: Effect

    /// How much of its time has passed, from 0 to 1.
    @inlinable
    public func progress(at milliseconds: Int64) -> Double {
      Double(milliseconds - times.lowerBound) / Double(max(1, times.upperBound - times.lowerBound))
    }
  }

  @usableFromInline var incidents: [[Incident]]

  public init(targets: Int) {
    incidents = Array(repeating: [], count: targets)
  }

  public mutating func add(_ effect: Effect, to target: Int, during times: Range<Int64>) {
    incidents[target].append(Incident(times: times, effect: effect))
  }

  /// Forgets the incidents that were over at this time, in milliseconds since 1970 UTC.
  public mutating func forget(before milliseconds: Int64) {
    for target in incidents.indices { incidents[target].removeAll { $0.times.upperBound <= milliseconds } }
  }

  /// The first incident that happens to the target at this time and that `matches` wants.
  @inlinable
  public func first(of target: Int, at milliseconds: Int64, where matches: (Effect) -> Bool) -> Incident? {
    incidents[target].first { $0.times.contains(milliseconds) && matches($0.effect) }
  }
}

/// How far something that was `factor` times as much at first is from usual when it fades away: 1 at the end.
public func faded(_ factor: Double, progress: Double) -> Double {
  let rest = 1 - progress
  return 1 + (factor - 1) * rest * rest
}
