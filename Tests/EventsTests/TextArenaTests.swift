import Events
import Testing

@Suite struct TextArenaTests {
  @Test("views stay as they were while the arena grows")
  func stability() {
    var arena = TextArena(chunkSize: 32)
    let texts = (0..<100).map { String(repeating: "x", count: $0 % 50) + "\($0)" }
    var views: [TextView] = []
    for text in texts { views.append(arena.append(text)) }
    #expect(views.map(\.description) == texts)
  }

  @Test("a reset reuses the ordinary chunks and frees the oversized ones")
  func reset() {
    var arena = TextArena(chunkSize: 64)
    _ = arena.append(String(repeating: "a", count: 60))
    _ = arena.append(String(repeating: "b", count: 1000))
    #expect(arena.capacity == 64 + 1000)
    arena.reset()
    #expect(arena.capacity == 64)
    _ = arena.append(String(repeating: "c", count: 64))
    #expect(arena.capacity == 64)
  }

  @Test("an empty text needs no memory")
  func empty() {
    var arena = TextArena()
    #expect(arena.append("").count == 0)
    #expect(arena.capacity == 0)
  }
}

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
}
