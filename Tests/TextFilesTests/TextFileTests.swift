import Glibc
import Testing
import TextFiles

@Suite struct TextFileTests {
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func utf16(_ text: String, mark: Bool, bigEndian: Bool) -> [UInt8] {
    ((mark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { (unit: UInt16) -> [UInt8] in
      let bytes = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
      return bigEndian ? bytes.reversed() : bytes
    }
  }

  @Test("a byte order mark is no part of the text, and only the first is one")
  func mark() throws {
    #expect(try TextFile.text(of: Self.mark + Array("SELECT 1".utf8)) == "SELECT 1")
    #expect(try TextFile.text(of: Self.mark) == "")
    #expect(try TextFile.text(of: Self.mark + Self.mark).unicodeScalars.map(\.value) == [0xFEFF])
    #expect(try TextFile.text(of: Array("naïve 漢\r\n".utf8)) == "naïve 漢\r\n")
  }

  @Test("UTF-16 is called by its name", arguments: [true, false], [true, false])
  func wide(mark: Bool, bigEndian: Bool) {
    for text in ["-- name: GET /api\r\nSELECT 1", "{}"] {
      let bytes = Self.utf16(text, mark: mark, bigEndian: bigEndian)
      let error = #expect(throws: TextFileError.self) { try TextFile.text(of: bytes) }
      #expect(error?.description.contains("UTF-16") == true)
      #expect(error?.description.contains("save it as UTF-8") == true)
    }
  }

  @Test("a byte of another encoding is named with its line and column, the mark not counted")
  func latin1() {
    for start in [[], Self.mark] {
      let bytes = start + Array("-- a\n-- sö".utf8) + [0xFC, 0x62]
      #expect(throws: TextFileError.notUTF8(line: 2, column: 6)) { try TextFile.text(of: bytes) }
    }
    // A sequence that the end cuts off.
    #expect(throws: TextFileError.notUTF8(line: 1, column: 2)) { try TextFile.text(of: [0x61, 0xE6, 0xBC]) }
  }

  @Test("a single zero byte is not UTF-16: whoever parses the text names it")
  func zero() throws {
    #expect(try TextFile.text(of: Array("SELECT 1\0".utf8)) == "SELECT 1\0")
  }

  @Test("a file that is too large is not read, and one that is not there is none")
  func bounds() throws {
    #expect(try TextFile.read("/nonexistent/file") == nil)
    #expect(throws: TextFileError.tooLarge(maximumBytes: 1000)) {
      try TextFile.read("/dev/zero", maximumBytes: 1000)
    }
    #expect(throws: TextFileError.self) { try TextFile.read("/") }
  }
}
