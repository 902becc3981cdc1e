import Replay
import Testing

@Suite struct LineSplitterTests {
  /// The lines of `text` fed in pieces of `size` bytes; nil for one that is too long.
  private func lines(_ text: String, piece size: Int, maxLineBytes: Int = 8) -> [String?] {
    var splitter = LineSplitter(maxLineBytes: maxLineBytes)
    var lines: [String?] = []
    func take(_ line: LineSplitter.Line) {
      switch line {
      case .text(let bytes): lines.append(String(decoding: bytes, as: UTF8.self))
      case .tooLong: lines.append(nil)
      }
    }
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<min(start + size, bytes.count)].withUnsafeBufferPointer { splitter.feed($0, take) }
    }
    splitter.finish(take)
    return lines
  }

  @Test("lines are the same in whatever pieces they come", arguments: 1...20)
  func pieces(size: Int) {
    #expect(
      lines("one\ntwo\r\n\n12345678\n123456789\nx\n1234567890123456789\nlast", piece: size)
        == ["one", "two", "", "12345678", nil, "x", nil, "last"])
  }

  @Test("nothing has no lines, a line end alone has one empty line")
  func empty() {
    #expect(lines("", piece: 4).isEmpty)
    #expect(lines("\n", piece: 4) == [""])
    #expect(lines("a\n", piece: 4) == ["a"])
  }

  @Test("a last line that is too long is said too")
  func lastTooLong() {
    #expect(lines("a\n123456789", piece: 3) == ["a", nil])
  }
}
