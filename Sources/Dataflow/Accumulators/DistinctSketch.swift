import Events

/// Which values there were, for their approximate number: each value's hash has a register, and in it a level, which is k
/// with the probability 2^-(k+1); what has been seen of both, a coupon, is one bit (Flajolet and Martin: Probabilistic
/// Counting, 1985). Sketches merge by OR.
///
/// How many bits are set says how many distinct values there were, with a standard error of 0.693 / √2048 = 1.53 %
/// (Lang: Back to the Future, 2017). The SQL functions `approx_count_distinct…` (sql/schema) know the same coupons.
enum DistinctSketch {
  private static let registers: UInt64 = 2048
  private static let levels: UInt64 = 24
  /// All coupons that there are.
  static let bits = Int(registers * levels)
  /// So many coupons are stored one by one, those of the highest levels.
  static let listed = 32

  @inline(__always)
  static func coupon(of hash: UInt64) -> UInt64 {
    let rest = hash &>> 11 | 1 &<< (levels - 1)
    return UInt64(truncatingIfNeeded: rest.trailingZeroBitCount) &* registers &+ (hash & (registers - 1))
  }

  static func add(
    _ column: Column, to tables: inout SketchTables, _ cells: StateColumn, _ groups: UnsafePointer<Int32>,
    _ mask: UnsafePointer<UInt8>?, _ count: Int
  ) {
    switch column.type.physical {
    case .integer:
      let values = column.integers
      add(&tables, cells, groups, mask, count) { PostgresHash.integer(values[$0]) }
    case .boolean:
      let values = column.booleans
      add(&tables, cells, groups, mask, count) { PostgresHash.integer(Int64(values[$0])) }
    case .double:
      let values = column.doubles
      add(&tables, cells, groups, mask, count) { PostgresHash.double(values[$0]) }
    case .text:
      let values = column.texts
      add(&tables, cells, groups, mask, count) { PostgresHash.bytes(values[$0].bytes) }
    case .decimal:
      let values = column.decimals
      guard case .numeric(let scale) = column.type else { return }
      add(&tables, cells, groups, mask, count) { PostgresHash.decimal(values[$0], scale: scale) }
    }
  }

  @inline(__always)
  private static func add(
    _ tables: inout SketchTables, _ cells: StateColumn, _ groups: UnsafePointer<Int32>,
    _ mask: UnsafePointer<UInt8>?, _ count: Int, _ hash: (Int) -> UInt64
  ) {
    tables.addEach(to: cells, groups, mask, count) {
      coupon(of: hash($0)) &+ 1
    } add: {
      $0.insert(coupon: $1 &- 1, into: $2)
    }
  }

  /// The stored form, a bit string: up to `listed` coupons of 16 bits, in order. Where there are more, the number of levels
  /// that are stored as bits, in 8 bits, these levels, a bit for each coupon that they have, and the coupons above as before.
  static func append(_ coupons: [UInt64], to bytes: inout [UInt8]) {
    var rest = coupons[...]
    if coupons.count > listed {
      let levels = coupons[coupons.count - listed - 1] / registers + 1
      bytes.append(UInt8(truncatingIfNeeded: levels))
      let start = bytes.count
      bytes += repeatElement(0, count: Int(levels * registers / 8))
      // Postgres counts a byte's bits from the highest.
      while let coupon = rest.first, coupon < levels * registers {
        bytes[start + Int(coupon >> 3)] |= 0x80 >> UInt8(coupon & 7)
        rest.removeFirst()
      }
    }
    for coupon in rest {
      bytes.append(UInt8(truncatingIfNeeded: coupon >> 8))
      bytes.append(UInt8(truncatingIfNeeded: coupon))
    }
  }
}
