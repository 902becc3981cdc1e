import Events

/// The dictionaries' hash of a byte string: 16 bytes a step, folded by one 64×64→128-bit multiplication, in the manner of
/// wyhash (Wang Yi).
///
/// Both factors are hidden by secrets, so that nobody can prepare keys that collide: a factor that is known could be made
/// small, and the product would show the other one.
struct ValueHash {
  private let secret: UInt64
  private let start: UInt64

  /// - Parameter seed: random per process.
  init(seed: UInt64) {
    secret = hashInteger(seed, seed: 0xe703_7ed1_a0b4_28db)
    start = hashInteger(seed, seed: 0xa076_1d64_78bd_642f)
  }

  /// - Parameter ends: the text's `equalityWords`.
  @inline(__always)
  func callAsFunction(_ text: TextView, ends: (first: UInt64, last: UInt64)) -> UInt64 {
    let raw = UnsafeRawPointer(text.start)
    var hash = start
    var offset = 0
    while offset + 16 < text.count {
      let words = (
        raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
        raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      )
      hash = step(hash, words)
      offset += 16
    }
    return finish(hash, ends, text.count)
  }

  // The parts, for a caller that has the words of a short text in registers.

  /// The hash of 16 bytes of a text that has more.
  @inline(__always)
  func head(_ words: (UInt64, UInt64)) -> UInt64 { step(start, words) }

  /// The hash of a text of up to 16 bytes.
  @inline(__always)
  func short(_ ends: (first: UInt64, last: UInt64), _ count: Int) -> UInt64 { finish(start, ends, count) }

  @inline(__always)
  func finish(_ hash: UInt64, _ ends: (first: UInt64, last: UInt64), _ count: Int) -> UInt64 {
    foldedMultiply(ends.first ^ secret, (ends.last ^ hash) &+ UInt64(truncatingIfNeeded: count))
  }

  /// So many bits of a weaker hash, for what may collide.
  @inline(__always)
  func bits(_ ends: (first: UInt64, last: UInt64), _ count: Int) -> Int {
    Int(truncatingIfNeeded: ((ends.first &+ ends.last) &* (secret | 1)) &>> UInt64(truncatingIfNeeded: 64 - count))
  }

  @inline(__always)
  private func step(_ hash: UInt64, _ words: (UInt64, UInt64)) -> UInt64 {
    foldedMultiply(words.0 ^ secret, words.1 ^ hash)
  }
}
