/// Where random types and values take their choices from.
package protocol RandomBits {
  mutating func bits() -> UInt64
}

extension RandomBits {
  /// Below `bound`.
  package mutating func below(_ bound: Int) -> Int { Int(bits() % UInt64(bound)) }
}

/// A fixed-seed generator (PCG's linear congruence, high bits).
package struct SeededGenerator: RandomBits {
  private var state: UInt64

  package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  package mutating func bits() -> UInt64 {
    var result: UInt64 = 0
    for _ in 0..<2 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      result = result << 32 | state >> 32
    }
    return result
  }
}
