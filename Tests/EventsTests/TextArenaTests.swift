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
