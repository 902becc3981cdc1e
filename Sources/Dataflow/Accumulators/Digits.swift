/// All numbers of two digits.
private let pairsOfDigits: StaticString = """
  00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748\
  495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
  """

/// Appends a number in decimal digits, two at a time: a drain writes hundreds of numbers for each group.
func appendDigits(_ number: UInt64, to bytes: inout [UInt8]) {
  let pairs = pairsOfDigits.utf8Start
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
    var first = digits.count
    var rest = number
    while rest >= 100 {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      first &-= 2
      digits[first] = pairs[2 &* Int(pair)]
      digits[first &+ 1] = pairs[2 &* Int(pair) &+ 1]
      rest = quotient
    }
    if rest >= 10 {
      first &-= 2
      digits[first] = pairs[2 &* Int(rest)]
      digits[first &+ 1] = pairs[2 &* Int(rest) &+ 1]
    } else {
      first &-= 1
      digits[first] = UInt8(ascii: "0") &+ UInt8(rest)
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
  }
}
