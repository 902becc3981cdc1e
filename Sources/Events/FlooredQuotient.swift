extension Int64 {
  /// The quotient, rounded towards negative infinity: times before 1970 count down.
  ///
  /// - Parameter divisor: positive.
  @inlinable
  @inline(__always)
  public func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }

  /// The multiple of `step` that is not above it.
  ///
  /// - Parameter step: positive.
  @inlinable
  @inline(__always)
  public func floored(to step: Int64) -> Int64 { flooredQuotient(step) * step }
}
