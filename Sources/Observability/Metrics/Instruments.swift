import Synchronization

/// A number that only grows. Adding takes one atomic instruction and no memory.
public final class Counter: Sendable {
  private let total = Atomic<Int64>(0)

  init() {}

  public func add(_ amount: Int64 = 1) {
    total.wrappingAdd(max(0, amount), ordering: .relaxed)
  }

  public var value: Int64 { total.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
  private let bits = Atomic<UInt64>(0)

  init() {}

  public func set(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  public func add(_ amount: Double) {
    addAtomically(amount, to: bits)
  }

  public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// How often values fell below each of some bounds, their number and their sum.
public final class Histogram: Sendable {
  /// Seconds from half a millisecond to ten: requests and transactions.
  public static let secondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  /// Upper bounds, ascending; a last bucket without bound is implied.
  public let bounds: [Double]
  private let buckets: [Bucket]
  private let sumBits = Atomic<UInt64>(0)

  init(bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "histogram bounds must ascend")
    self.bounds = bounds
    buckets = (0...bounds.count).map { _ in Bucket() }
  }

  public func record(_ value: Double) {
    guard !value.isNaN else { return }
    var index = 0
    while index < bounds.count && value > bounds[index] { index += 1 }
    buckets[index].count.wrappingAdd(1, ordering: .relaxed)
    addAtomically(value, to: sumBits)
  }

  /// How many values fell in each bucket alone, the boundless last.
  public var counts: [Int64] { buckets.map { $0.count.load(ordering: .relaxed) } }
  public var count: Int64 { counts.reduce(0, +) }
  public var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }

  private final class Bucket: Sendable {
    let count = Atomic<Int64>(0)
  }
}

private func addAtomically(_ amount: Double, to bits: borrowing Atomic<UInt64>) {
  var current = bits.load(ordering: .relaxed)
  while true {
    let sum = (Double(bitPattern: current) + amount).bitPattern
    let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: sum, ordering: .relaxed)
    if exchanged { return }
    current = original
  }
}
