import Events
import Glibc
import Synthesis

/// Corpora whose content ids are not the catalogue's: more of them, or unpleasant ones.
struct KeyedCorpus {
  enum Frequency {
    /// As often as their rank says, like titles: the first is met most (Zipf with exponent 1).
    case zipf
    case uniform
    /// Each once.
    case each
  }

  enum Shape {
    case ordinary
    /// A kilobyte each, the first thousand bytes the same in all of them.
    case longAlike
    /// A kilobyte each, different from the first bytes on.
    case longDistinct
  }

  private static let longCount = 1024

  let schemaJSON: String

  func make(events: Int, keys: Int, _ frequency: Frequency, _ shape: Shape = .ordinary) throws -> EventCorpus {
    let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: KeyedCorpus.longCount)
    defer { text.deallocate() }
    return try EventCorpus(EventSequence(count: events, schemaJSON: schemaJSON)) { index, event in
      let key = KeyedCorpus.key(of: index, keys, frequency)
      event.contentID = KeyedCorpus.write(key, shape, into: text)
      event.title = TextView("A title")
    }
  }

  private static func key(of index: Int, _ keys: Int, _ frequency: Frequency) -> Int {
    var random = RandomNumbers(seed: EventSequence.seed, index: UInt64(index))
    switch frequency {
    case .each: return index % keys
    case .uniform: return Int(random.next(below: UInt64(keys)))
    case .zipf: return min(keys, Int(pow(Double(keys + 1), random.nextFraction()))) - 1
    }
  }

  /// Bytes of the key's text.
  static func length(_ key: Int) -> Int { "content_".utf8.count + String(key).utf8.count }

  private static func write(_ key: Int, _ shape: Shape, into text: UnsafeMutableBufferPointer<UInt8>) -> TextView {
    guard let start = text.baseAddress else { return .empty }
    let name = shape == .ordinary ? "content_\(key)" : String(key)
    var count = 0
    func append(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        start[count] = byte
        count += 1
      }
    }
    let padding = repeatElement(UInt8(ascii: "x"), count: longCount - 8 - name.utf8.count)
    switch shape {
    case .ordinary: append(name.utf8)
    case .longAlike:
      append(padding)
      append(name.utf8)
    case .longDistinct:
      append(name.utf8)
      append(padding)
    }
    return TextView(start: start, count: count)
  }
}
