/// Exponential waits with jitter, bounded: 50 ms up to 5 s.
package struct BackOff {
  private var milliseconds = 50

  package init() {}

  mutating func next() -> Int {
    var generator = SystemRandomNumberGenerator()
    return next(using: &generator)
  }

  package mutating func next(using generator: inout some RandomNumberGenerator) -> Int {
    defer { milliseconds = min(milliseconds * 2, 5000) }
    return Int.random(in: milliseconds / 2...milliseconds, using: &generator)
  }

  package mutating func reset() {
    milliseconds = 50
  }
}
