/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): small, fast, and good enough to
/// make up events. Not for secrets.
public struct RandomNumbers {
  @usableFromInline var state: UInt64

  @inlinable
  public init(seed: UInt64) {
    state = seed
  }

  /// The numbers that belong to item `index` of the run with `seed`, so that any item can be made without those before.
  @inlinable
  public init(seed: UInt64, index: UInt64) {
    state = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15) ^ Self.mix(index &+ 0xd1b5_4a32_d192_ed03)
  }

  @inlinable
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// Uniform in 0..<1.
  @inlinable
  public mutating func nextFraction() -> Double {
    Self.fraction(next())
  }

  /// Bell-shaped around 0 with a deviation of 1, never beyond 3.47: the sum of four uniform numbers.
  @inlinable
  public mutating func nextBell() -> Double {
    // Of one each the variance is 1/12; the root of 3 makes it 1.
    (nextFraction() + nextFraction() + nextFraction() + nextFraction() - 2) * 1.7320508075688772
  }

  /// Uniform in 0..<`bound`; the bias is below 2^-32 for bounds up to 2^32.
  @inlinable
  public mutating func next(below bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  /// The number from 0 up to 1 that 64 random bits stand for.
  @inlinable
  public static func fraction(_ bits: UInt64) -> Double {
    Double(bits >> 11) * 0x1p-53
  }

  /// A bijection of the 64-bit numbers that leaves no trace of their order.
  @inlinable
  public static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
