import Events
import Glibc

/// A member's name, without escapes, and a hash of it.
///
/// The seed is the process' own: whoever writes records cannot choose names that share a hash.
struct NameHash: Equatable {
  var hash: UInt64
  var text: TextView

  init() {
    hash = 0
    text = .empty
  }

  @inline(__always)
  init(_ text: TextView, seed: UInt64) {
    self.text = text
    if text.count <= 16 {
      let ends = endWords(text.start, text.count)
      let mixed = foldedMultiply(ends.first ^ seed, ends.last ^ 0xe703_7ed1_a0b4_28db)
      hash = foldedMultiply(mixed ^ UInt64(truncatingIfNeeded: text.count), 0x9e37_79b9_7f4a_7c15)
    } else {
      hash = hashBytes(text.start, text.count, seed: seed)
    }
  }

  @inline(__always)
  static func == (left: NameHash, right: NameHash) -> Bool {
    left.hash == right.hash && left.text.count == right.text.count
      && memcmp(left.text.start, right.text.start, left.text.count) == 0
  }
}
