import Events
import Testing

@Suite struct HashingTests {
  @Test("equal bytes hash alike wherever they lie, and the seed matters", arguments: 0...70)
  func equality(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let shifted = [0xAA] + bytes + [0xBB]
    let hash = bytes.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { hashBytes($0, count, seed: 1) } ?? hashBytes(TextView.empty.start, 0, seed: 1)
    }
    shifted.withUnsafeBufferPointer { shifted in
      guard let start = shifted.baseAddress else { return }
      #expect(hashBytes(start + 1, count, seed: 1) == hash)
      #expect(hashBytes(start + 1, count, seed: 2) != hash)
    }
  }

  @Test("each byte and the length matter", arguments: 1...40)
  func sensitivity(count: Int) {
    var seen: Set<UInt64> = []
    for changed in -1..<count {
      var bytes = [UInt8](repeating: 7, count: count + 1)
      if changed >= 0 { bytes[changed] = 8 }
      bytes.withUnsafeBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return }
        seen.insert(hashBytes(start, count, seed: 3))
        if changed < 0 { seen.insert(hashBytes(start, count + 1, seed: 3)) }
      }
    }
    #expect(seen.count == count + 2)
  }

  @Test("of two strings of one length up to 16 the words differ whichever byte does")
  func wordsDiffer() {
    for count in 1...16 {
      let text = (0..<count).map { UInt8(0x61 + $0) }
      let (own, ends) = (words(text), endWords(text, count))
      for index in 0..<count {
        var other = text
        other[index] ^= 0x20
        #expect(words(other) != own, "byte \(index) of \(count)")
        #expect(endWords(other, count) != ends, "byte \(index) of \(count)")
      }
    }
  }

  @Test("of more than 16 bytes the words are the last sixteen")
  func longText() {
    let text = (0..<40).map { UInt8($0) }
    #expect(words(text) == endWords(text, 40))
    var other = text
    other[23] ^= 1
    #expect(words(other) == words(text))
    other[24] ^= 1
    #expect(words(other) != words(text))
  }

  private func words(_ text: [UInt8]) -> (first: UInt64, last: UInt64) { equalityWords(text, text.count) }
}
