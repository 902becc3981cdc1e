/// How values are distributed: each counts in a bucket of values of about its size, so that a value of the bucket's middle is
/// within 1 % of it (Masson, Rim, Lee: DDSketch, 2019, with buckets by the leading bits of a double instead of logarithms).
///
/// 64 buckets of equal width between powers of two: the harmonic middle of a bucket is at most 1/129 off. The SQL functions
/// `percentile_…` (sql/schema) know the same codes.
enum QuantileSketch {
  /// The code of zero. Codes are in the order of their values, negative ones below.
  static let zero: Int64 = 1 << 17
  private static let mantissaBits: UInt64 = 6
  private static let infinity: Int64 = 0x7ff << 6

  @inline(__always)
  static func code(of value: Double) -> UInt64 {
    let bits = value.bitPattern
    let size = Int64(truncatingIfNeeded: (bits & 0x7fff_ffff_ffff_ffff) &>> (52 &- mantissaBits))
    // Subnormal numbers count as zero.
    let bucket = size < 1 << 6 ? 0 : size
    let code = bits &>> 63 == 0 ? zero &+ bucket : zero &- bucket
    // NaN, of either sign, is greater than all others, as in Postgres.
    return UInt64(bitPattern: value.isNaN ? zero &+ infinity &+ 1 : code)
  }

  static func add(
    _ values: UnsafeMutablePointer<Double>, to tables: inout SketchTables, _ cells: StateColumn,
    _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int
  ) {
    tables.addEach(to: cells, groups, mask, count) {
      code(of: values[$0])
    } add: {
      $0.count($1, in: $2)
    }
  }

  /// The stored form, a `bigint[]`. The buckets between two powers of two are a block: a head, and behind it a word for each
  /// binary digit that the greatest of their counts has, in which each bucket has a bit. A head is the code of these buckets
  /// without its last bits, over the number of words.
  static func appendText(_ entries: [UInt64], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "{"))
    var first = 0
    while first < entries.count {
      let octave = entries[first] &>> (SketchTables.usualCountBits &+ mantissaBits)
      var end = first
      var counts: UInt64 = 0
      while end < entries.count, entries[end] &>> (SketchTables.usualCountBits &+ mantissaBits) == octave {
        counts |= entries[end] & countMask
        end += 1
      }
      let digits = 64 - counts.leadingZeroBitCount
      if first > 0 { text.append(UInt8(ascii: ",")) }
      appendDigits(octave << 6 | UInt64(digits), to: &text)
      for digit in 0..<digits {
        var word: UInt64 = 0
        for entry in entries[first..<end] {
          word |= (entry &>> UInt64(digit) & 1) &<< (entry &>> SketchTables.usualCountBits & 63)
        }
        text.append(UInt8(ascii: ","))
        let number = Int64(bitPattern: word)
        if number < 0 { text.append(UInt8(ascii: "-")) }
        appendDigits(number.magnitude, to: &text)
      }
      first = end
    }
    text.append(UInt8(ascii: "}"))
  }

  private static let countMask: UInt64 = 1 << SketchTables.usualCountBits - 1
}
