/// Draws indices with given weights in constant time: Walker's alias method as Vose builds it.
public struct WeightedChoice {
  private var keep: [UInt32]
  private var alias: [UInt32]

  /// `weights` must not be empty; they are positive and need not add up to 1.
  public init(weights: [Double]) {
    precondition(!weights.isEmpty, "a choice among nothing")
    let count = weights.count
    let mean = weights.reduce(0, +) / Double(count)
    var scaled = weights.map { $0 / mean }
    keep = Array(repeating: .max, count: count)
    alias = Array(0..<UInt32(count))
    var small = scaled.indices.filter { scaled[$0] < 1 }
    var large = scaled.indices.filter { scaled[$0] >= 1 }
    while let poor = small.popLast(), let rich = large.last {
      keep[poor] = UInt32(scaled[poor] * 0x1p32)
      alias[poor] = UInt32(rich)
      scaled[rich] -= 1 - scaled[poor]
      if scaled[rich] < 1 {
        large.removeLast()
        small.append(rich)
      }
    }
  }

  /// Weights 1/(rank + flatness): Zipf's law for flatness 1, milder above.
  public static func zipf(count: Int, flatness: Double = 1) -> WeightedChoice {
    WeightedChoice(weights: zipfWeights(count: count, flatness: flatness))
  }

  public static func zipfWeights(count: Int, flatness: Double) -> [Double] {
    (0..<count).map { 1 / (Double($0) + flatness) }
  }

  /// The index that 64 random bits stand for.
  public func pick(_ bits: UInt64) -> Int {
    let (slot, rest) = bits.multipliedFullWidth(by: UInt64(keep.count))
    return rest >> 32 < UInt64(keep[Int(slot)]) ? Int(slot) : Int(alias[Int(slot)])
  }
}
