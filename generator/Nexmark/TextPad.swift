import Events

/// Memory of a bounded size for the texts of one event.
final class TextPad {
  private let bytes: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var count = 0
  private var begin = 0

  init(capacity: Int) {
    self.capacity = capacity
    bytes = .allocate(capacity: capacity)
  }

  deinit {
    bytes.deallocate()
  }

  /// Forgets all texts: the next event's begin.
  func clear() {
    (count, begin) = (0, 0)
  }

  /// The text of all that was appended since the last one.
  func cut() -> TextView {
    defer { begin = count }
    return TextView(start: UnsafePointer(bytes + begin), count: count - begin)
  }

  func append(_ text: StaticString) {
    append(text.utf8Start, count: text.utf8CodeUnitCount)
  }

  func append(_ text: TextView) {
    append(text.start, count: text.count)
  }

  /// The number in decimal digits, with zeros in front up to so many.
  func append(_ number: UInt64, digits: Int = 1) {
    var width = digits
    var bound = number
    for _ in 0..<digits { bound /= 10 }
    while bound > 0 {
      width += 1
      bound /= 10
    }
    precondition(count + width <= capacity, "a pad for texts is too small")
    var rest = number
    for place in stride(from: count + width - 1, through: count, by: -1) {
      bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += width
  }

  /// So many small letters, twelve of each number.
  func append(letters: Int, _ next: () -> UInt64) {
    precondition(count + letters <= capacity, "a pad for texts is too small")
    var rest: UInt64 = 0
    for letter in 0..<letters {
      if letter % 12 == 0 { rest = next() }
      bytes[count + letter] = UInt8(ascii: "a") + UInt8(truncatingIfNeeded: rest % 26)
      rest /= 26
    }
    count += letters
  }

  private func append(_ start: UnsafePointer<UInt8>, count added: Int) {
    precondition(count + added <= capacity, "a pad for texts is too small")
    (bytes + count).update(from: start, count: added)
    count += added
  }
}
