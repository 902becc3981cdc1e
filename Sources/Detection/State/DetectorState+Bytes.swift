extension DetectorState {
  /// Of the layout below. Another layout is another number; old states then begin anew.
  private static let version: UInt8 = 1
  /// What stands for no sample in the place of the newest one's time.
  private static let noTime = Int64.min

  /// As it is kept in a table: version, detector, time of the newest sample, and the detector's numbers.
  public func encoded(for configuration: DetectorConfiguration) -> [UInt8] {
    var writer = StateWriter()
    writer.put(DetectorState.version)
    writer.put(configuration.method.tag)
    writer.put(lastTime ?? DetectorState.noTime)
    switch memory {
    case .none: break
    case .window(let window):
      writer.put(UInt16(clamping: window.next))
      writer.put(window.values)
    case .chart(let chart):
      writer.put(chart.level)
      writer.put(chart.count)
      writer.put(chart.scale)
      writer.put(chart.upper)
      writer.put(chart.lower)
    case .season(let profile):
      writer.put(UInt16(clamping: profile.part))
      writer.put(profile.scale)
      writer.put(profile.mean)
      writer.put(profile.count)
      writer.put(profile.levels)
      for visits in profile.visits { writer.put(visits) }
    case .adaptive(let memory):
      memory.write(to: &writer)
    }
    return writer.bytes
  }

  /// The state of these bytes, or a fresh one with the reason why they were not taken.
  public static func decoded(
    _ bytes: [UInt8], for configuration: DetectorConfiguration
  ) -> (state: DetectorState, refusal: StateRefusal?) {
    do throws(StateRefusal) {
      return (try DetectorState(bytes, for: configuration), nil)
    } catch {
      return (DetectorState(for: configuration), error)
    }
  }

  private init(_ bytes: [UInt8], for configuration: DetectorConfiguration) throws(StateRefusal) {
    var reader = StateReader(bytes)
    guard try reader.integer(UInt8.self) == DetectorState.version else { throw .otherVersion }
    guard try reader.integer(UInt8.self) == configuration.method.tag else { throw .otherDetector }
    let time = try reader.integer(Int64.self)
    self.init(for: configuration)
    lastTime = time == DetectorState.noTime ? nil : time
    switch configuration.method {
    case .threshold: break
    case .rollingZ(let windows), .median(let windows):
      let next = Int(try reader.integer(UInt16.self))
      let values = try reader.numbers(atMost: windows)
      guard let window = RollingWindow(capacity: windows, values: values, next: next) else { throw .otherShape }
      memory = .window(window)
    case .ewma, .cusum, .change:
      let (level, count, scale) = (try reader.number(), try reader.number(), try reader.scale())
      guard count >= 0 else { throw .otherShape }
      memory = .chart(
        ControlChart(
          level: level, count: count, scale: scale, upper: try reader.number(), lower: try reader.number()))
    case .seasonal(let season):
      let part = Int(try reader.integer(UInt16.self))
      let (scale, mean, count) = (try reader.scale(), try reader.number(), try reader.number())
      let levels = try reader.numbers(atMost: season.parts)
      guard count >= 0, levels.count == season.parts else { throw .otherShape }
      var visits: [UInt8] = []
      for _ in levels { visits.append(try reader.integer()) }
      guard
        let profile = SeasonalProfile(
          levels: levels, visits: visits, scale: scale, part: part, mean: mean, count: count)
      else { throw .otherShape }
      memory = .season(profile)
    case .adaptive:
      memory = .adaptive(try AdaptiveMemory(from: &reader))
    }
    guard reader.isAtEnd else { throw .tooLong }
  }
}

extension DetectorConfiguration.Method {
  /// What stands for it in the bytes of a state; never given to another one.
  fileprivate var tag: UInt8 {
    switch self {
    case .threshold: 0
    case .rollingZ: 1
    case .ewma: 2
    case .cusum: 3
    case .median: 4
    case .seasonal: 5
    case .change: 6
    case .adaptive: 7
    }
  }
}
