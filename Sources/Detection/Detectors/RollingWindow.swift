/// The last values of a key, of which a mean or a median is taken.
struct RollingWindow: Sendable, Hashable {
  /// In order of arrival, beginning anywhere: `next` is the oldest when it is full.
  private(set) var values: [Float] = []
  private(set) var next = 0
  let capacity: Int

  /// So many values say what is usual.
  private static let fewest = 8
  /// The standard deviation of a normal distribution over its median absolute deviation.
  private static let normal = 1.4826

  init(capacity: Int) {
    self.capacity = capacity
    values.reserveCapacity(capacity)
  }

  init?(capacity: Int, values: [Float], next: Int) {
    guard values.count <= capacity, next >= 0, next < capacity, values.count == capacity || next == values.count else {
      return nil
    }
    (self.capacity, self.values, self.next) = (capacity, values, next)
  }

  mutating func step(
    _ sample: Sample, by method: DetectorConfiguration.Method, _ levels: LevelScale
  ) -> Judgement {
    defer { remember(Float(sample.measured)) }
    guard values.count >= min(RollingWindow.fewest, capacity) else { return .silent }
    let (center, scale) = method.isMedian ? medianAndDeviation() : meanAndDeviation()
    let score = deviation(of: sample, from: center, scale: scale)
    return levels.judgement(deviation: score, expected: center) { center + $0 * scale }
  }

  private mutating func remember(_ value: Float) {
    if values.count < capacity { values.append(value) } else { values[next] = value }
    next = (next + 1) % capacity
  }

  private func meanAndDeviation() -> (Double, Double) {
    let count = Double(values.count)
    var sum = 0.0
    for value in values { sum += Double(value) }
    let mean = sum / count
    var squares = 0.0
    for value in values { squares += (Double(value) - mean) * (Double(value) - mean) }
    return (mean, (squares / (count - 1)).squareRoot())
  }

  private func medianAndDeviation() -> (Double, Double) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: values.count) { buffer in
      var sorted = buffer
      _ = sorted.initialize(from: values)
      sorted.sort()
      let median = sorted[sorted.count / 2]
      for index in sorted.indices { sorted[index] = abs(sorted[index] - median) }
      sorted.sort()
      // More than half of the values are the same: then the mean distance, in which the others count.
      let middle = Double(sorted[sorted.count / 2])
      if middle > 0 { return (Double(median), middle * RollingWindow.normal) }
      var sum = 0.0
      for distance in sorted { sum += Double(distance) }
      return (Double(median), sum / Double(sorted.count) * RollingWindow.normal)
    }
  }
}

extension DetectorConfiguration.Method {
  fileprivate var isMedian: Bool { if case .median = self { true } else { false } }
}
