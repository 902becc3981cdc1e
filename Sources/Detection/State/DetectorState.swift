/// What a detector remembers of one key. At most 1 KB when encoded, and the same after decoding to the last bit: whether
/// it was kept in memory or in a table makes no difference to any judgement.
public struct DetectorState: Sendable, Hashable {
  /// The time of the newest sample, in microseconds since 1970 UTC; nil: there was none.
  public internal(set) var lastTime: Int64?
  var memory: Memory

  enum Memory: Sendable, Hashable {
    case none
    case window(RollingWindow)
    case chart(ControlChart)
    case season(SeasonalProfile)
    case adaptive(AdaptiveMemory)
  }

  /// That of a key that nothing is known of.
  public init(for configuration: DetectorConfiguration) {
    lastTime = nil
    memory = Memory(for: configuration)
  }

  /// Takes the memory out, so that it is changed in place, or a fresh one when it is another detector's.
  mutating func takeMemory(_ configuration: DetectorConfiguration) -> Memory {
    let taken = memory
    memory = .none
    return taken.fits(configuration) ? taken : Memory(for: configuration)
  }
}

extension DetectorState.Memory {
  init(for configuration: DetectorConfiguration) {
    switch configuration.method {
    case .threshold: self = .none
    case .rollingZ(let windows), .median(let windows): self = .window(RollingWindow(capacity: max(1, windows)))
    case .ewma, .cusum, .change: self = .chart(ControlChart())
    case .seasonal(let season): self = .season(SeasonalProfile(parts: season.parts))
    case .adaptive: self = .adaptive(AdaptiveMemory())
    }
  }

  func fits(_ configuration: DetectorConfiguration) -> Bool {
    switch (self, configuration.method) {
    case (.none, .threshold), (.chart, .ewma), (.chart, .cusum), (.chart, .change), (.adaptive, .adaptive): true
    case (.window(let window), .rollingZ(let windows)), (.window(let window), .median(let windows)):
      window.capacity == windows
    case (.season(let profile), .seasonal(let season)): profile.levels.count == season.parts
    default: false
    }
  }
}
