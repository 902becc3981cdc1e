/// What `adaptive` remembers of one key: 198 numbers, and beside it stands the time of the newest sample.
struct AdaptiveMemory: Sendable, Hashable {
  var predictor = LocalPredictor()
  var day = DayProfile()
  var rarity = Rarity()
  /// A slow mean and the rows it was learnt from, at most its memory.
  var level: Float = 0
  var count: Float = 0
  /// Of what differs from the local prediction, from the level, from the time of day.
  var localScale = ClippedScale()
  var levelScale = ClippedScale()
  var dayScale = ClippedScale()
  /// The usual time between two samples, in microseconds; 0 before it is known.
  var step: Float = 0
  /// The score that is held and fades.
  var held: Float = 0

  init() {}

  func write(to writer: inout StateWriter) {
    writer.put(predictor.count)
    writer.put(predictor.lagged)
    writer.put(predictor.weights)
    writer.put(predictor.inverse)
    writer.put(day.current)
    writer.put(day.mean)
    writer.put(day.count)
    writer.put(day.means)
    writer.put(rarity.rows)
    writer.put(rarity.ongoing)
    writer.put(rarity.events)
    for scale in [localScale, levelScale, dayScale] { writer.put(scale) }
    for number in [level, count, step, held] { writer.put(number) }
  }

  init(from reader: inout StateReader) throws(StateRefusal) {
    let values: UInt8 = try reader.integer()
    guard
      let predictor = LocalPredictor(
        lagged: try reader.numbers(atMost: LocalPredictor.lags),
        weights: try reader.numbers(atMost: LocalPredictor.terms),
        inverse: try reader.numbers(atMost: LocalPredictor.pairs), count: values)
    else { throw .otherShape }
    let (current, mean, rows): (Int64, Float, Float) = (
      try reader.integer(), try reader.number(), try reader.number()
    )
    let means = try reader.numbers(atMost: DayProfile.parts * DayProfile.days)
    guard let day = DayProfile(means: means, current: current, mean: mean, count: rows) else { throw .otherShape }
    let (seen, ongoing) = (try reader.number(), try reader.number())
    guard let rarity = Rarity(events: try reader.numbers(atMost: Rarity.bins), rows: seen, ongoing: ongoing) else {
      throw .otherShape
    }
    (self.predictor, self.day, self.rarity) = (predictor, day, rarity)
    (localScale, levelScale, dayScale) = (try reader.scale(), try reader.scale(), try reader.scale())
    (level, count, step) = (try reader.number(), try reader.number(), try reader.number())
    held = try reader.number()
    guard count >= 0, step >= 0, (0...1).contains(held) else { throw .otherShape }
  }
}
