import Events
import Synthesis

/// Makes keys of records out of values. To be used on one thread.
final class KeyText {
  /// The text of a key that is a number.
  private let digits = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 32)

  deinit {
    digits.deallocate()
  }

  /// The value as text, until the next call; nil: there is none.
  func bytes(of value: FieldValue) -> UnsafeRawBufferPointer? {
    switch value {
    case .null, .tags: nil
    case .text(let text), .json(let text): UnsafeRawBufferPointer(text.bytes)
    case .integer(let number), .time(let number): kept(String(number))
    case .double(let number): kept(number.description)
    }
  }

  private func kept(_ text: String) -> UnsafeRawBufferPointer {
    let (_, end) = digits.update(from: text.utf8)
    return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[..<end])
  }
}
