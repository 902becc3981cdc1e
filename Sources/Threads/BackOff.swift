/// Exponential waits with jitter, bounded: 50 ms up to 5 s.
public struct BackOff {
  private var milliseconds = 50

  public init() {}

  public mutating func next() -> Int {
    var generator = SystemRandomNumberGenerator()
    return next(using: &generator)
  }

  public mutating func next(using generator: inout some RandomNumberGenerator) -> Int {
    defer { milliseconds = min(milliseconds * 2, 5000) }
    return Int.random(in: milliseconds / 2...milliseconds, using: &generator)
  }

  public mutating func reset() {
    milliseconds = 50
  }
}
