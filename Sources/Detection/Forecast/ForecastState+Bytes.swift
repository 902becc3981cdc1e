extension ForecastState {
  /// Of the layout below. Another layout is another number; old states then begin anew.
  private static let version: UInt8 = 1
  /// What stands for no window in the place of the newest one's time.
  private static let noTime = Int64.min

  /// As it is kept in a table.
  public func encoded(for forecaster: Forecaster) -> [UInt8] {
    var writer = StateWriter()
    writer.put(Self.version)
    writer.put(forecaster.step)
    writer.put(lastTime ?? Self.noTime)
    writer.put(UInt8(hasNegative ? 1 : 0) | UInt8(shape.isSeason ? 2 : 0))
    for number in [fast, slow, recent, mean, count, size, sized] { writer.put(number) }
    for scale in [residual, innovation] { writer.put(scale) }
    for visits in shape.visits { writer.put(visits) }
    for level in shape.levels { writer.put(level) }
    writer.put(shape.current)
    for number in [shape.shift, shape.mean, shape.count] { writer.put(number) }
    for (horizon, memory) in zip(forecaster.horizons, horizons) {
      writer.put(memory.checked)
      writer.put(memory.scale)
      for numbers in [memory.weights, memory.inverse, memory.quantiles] {
        for number in numbers { writer.put(number) }
      }
      for note in memory.notes {
        writer.put(note.fast)
        writer.put(note.slow)
        if horizon.isSeason { writer.put(note.season) }
      }
    }
    return writer.bytes
  }

  /// The state of these bytes, or a fresh one with the reason why they were not taken.
  public static func decoded(
    _ bytes: [UInt8], for forecaster: Forecaster
  ) -> (state: ForecastState, refusal: StateRefusal?) {
    do throws(StateRefusal) {
      return (try ForecastState(bytes, for: forecaster), nil)
    } catch {
      return (ForecastState(for: forecaster), error)
    }
  }

  private init(_ bytes: [UInt8], for forecaster: Forecaster) throws(StateRefusal) {
    var reader = StateReader(bytes)
    guard try reader.integer(UInt8.self) == Self.version else { throw .otherVersion }
    guard try reader.integer(Int64.self) == forecaster.step else { throw .otherShape }
    let time = try reader.integer(Int64.self)
    let flags = try reader.integer(UInt8.self)
    self.init(for: forecaster)
    guard time == Self.noTime || time.magnitude < Int64.max / 4 else { throw .otherShape }
    lastTime = time == Self.noTime ? nil : time
    hasNegative = flags & 1 != 0
    (fast, slow, recent) = (try reader.number(), try reader.number(), try reader.number())
    (mean, count) = (try reader.number(), try reader.number())
    (size, sized) = (try reader.number(), try reader.number())
    guard recent >= 0, count >= 0, size >= 0, sized >= 0 else { throw .otherShape }
    (residual, innovation) = (try reader.scale(), try reader.scale())
    var visits: [UInt8] = []
    for _ in 0..<DayShape.parts(forecaster.step) { visits.append(try reader.integer()) }
    let levels = try reader.exactly(visits.count)
    let current = try reader.integer(Int64.self)
    let numbers = try reader.exactly(3)
    guard
      let shape = DayShape(
        step: forecaster.step, levels: levels, visits: visits, shift: numbers[0], current: current, mean: numbers[1],
        count: numbers[2], isSeason: flags & 2 != 0)
    else { throw .otherShape }
    self.shape = shape
    for (place, horizon) in forecaster.horizons.enumerated() {
      let checked = try reader.number()
      let scale = try reader.scale()
      let (weights, inverse, quantiles) = (try reader.exactly(2), try reader.exactly(3), try reader.exactly(4))
      var notes: [HorizonMemory.Note] = []
      for _ in 0..<horizon.notes {
        notes.append(
          HorizonMemory.Note(
            fast: try reader.number(), slow: try reader.number(), season: horizon.isSeason ? try reader.number() : 0))
      }
      guard
        let memory = HorizonMemory(
          horizon, notes: notes, weights: weights, inverse: inverse, quantiles: quantiles, scale: scale,
          checked: checked)
      else { throw .otherShape }
      horizons[place] = memory
    }
    guard reader.isAtEnd else { throw .tooLong }
  }
}

extension StateReader {
  /// So many numbers, whose number is no part of the bytes.
  fileprivate mutating func exactly(_ count: Int) throws(StateRefusal) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try number()) }
    return values
  }
}
