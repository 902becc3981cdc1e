/// Characters of a regular expression, by their code points.
struct CodePointSet: Hashable {
  /// Ascending, with a gap between each two.
  private(set) var ranges: [ClosedRange<UInt32>] = []

  static let greatest: UInt32 = 0x10_FFFF
  static let all = CodePointSet([0...greatest])

  init(_ ranges: [ClosedRange<UInt32>]) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
        self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
  }

  init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

  /// Of ASCII characters.
  init(_ characters: String) { self.init(characters.unicodeScalars.map { $0.value...$0.value }) }

  func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges + other.ranges) }

  var inverted: CodePointSet {
    var next: UInt32 = 0
    var gaps: [ClosedRange<UInt32>] = []
    for range in ranges {
      if next < range.lowerBound { gaps.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.greatest { gaps.append(next...Self.greatest) }
    return CodePointSet(gaps)
  }

  /// With the other case of each letter, of which the collation "C" knows A to Z.
  var caseless: CodePointSet {
    var both = ranges
    for range in ranges {
      for (letters, shift) in [(UInt32(0x41)...0x5A, Int64(32)), (0x61...0x7A, -32)] where range.overlaps(letters) {
        let common = range.clamped(to: letters)
        both.append(UInt32(Int64(common.lowerBound) + shift)...UInt32(Int64(common.upperBound) + shift))
      }
    }
    return CodePointSet(both)
  }

  func contains(_ point: UInt32) -> Bool { ranges.contains { $0.contains(point) } }

  // MARK: Classes of the collation "C"

  static let digits = CodePointSet([0x30...0x39])
  static let spaces = CodePointSet([0x09...0x0D, 0x20...0x20])
  static let word = CodePointSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

  /// The class of that name, `[[:alpha:]]`.
  static func named(_ name: String) -> CodePointSet? {
    switch name {
    case "alnum": CodePointSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": CodePointSet([0x41...0x5A, 0x61...0x7A])
    case "blank": CodePointSet(" \t")
    case "cntrl": CodePointSet([0...0x1F, 0x7F...0x7F])
    case "digit": digits
    case "graph": CodePointSet([0x21...0x7E])
    case "lower": CodePointSet([0x61...0x7A])
    case "print": CodePointSet([0x20...0x7E])
    case "punct": CodePointSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": spaces
    case "upper": CodePointSet([0x41...0x5A])
    case "xdigit": CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}
