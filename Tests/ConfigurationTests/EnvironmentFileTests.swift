import Configuration
import Glibc
import Testing

@Suite struct EnvironmentFileTests {
  static let accepted: [(String, String)] = [
    ("A=b", "b"), ("A=", ""), ("  A = b  ", "b"), ("export A=b", "b"), ("A=b # comment", "b"), ("A=b#c", "b#c"),
    ("A=#c", ""), ("A='b # \\n $c'", "b # \\n $c"), (#"A="b\n\"c\" # \$d\\" # comment"#, "b\n\"c\" # $d\\"),
    ("A=postgresql://u:p%40@h/d?x=y", "postgresql://u:p%40@h/d?x=y"), ("A=b\r\nB=", "b"), ("A='naïve 漢'", "naïve 漢"),
    (#"A="\q""#, "\\q"), ("A=\"\\\\\u{5BB}\"", "\\\u{5BB}"),
  ]

  @Test("a line gives its value", arguments: accepted)
  func accepts(line: String, value: String) throws {
    let file = try EnvironmentFile(path: ".env", text: "# first\n\n\(line)\n")
    #expect(file.entries.first == .init(key: "A", value: value, line: 3))
  }

  static let refused: [(String, String)] = [
    ("A", ".env:1:2: \"=\" is expected after A; lines are KEY=VALUE"),
    ("A b=c", ".env:1:3: \"=\" is expected after A; lines are KEY=VALUE"),
    ("  =b", ".env:1:3: a setting's name is expected; lines are KEY=VALUE or # comment"),
    ("1A=b", ".env:1:1: a setting's name is expected; lines are KEY=VALUE or # comment"),
    ("\nA='b", ".env:2:3: the quote is not closed in this line"),
    ("A=\"b\\\"", ".env:1:3: the quote is not closed in this line"),
    ("A='b' c", ".env:1:7: text after the closing quote; a comment begins with #"),
    ("A=b\nA=c", ".env:2:1: A is already set in line 1"),
    (
      "A\nB",
      ".env:1:2: \"=\" is expected after A; lines are KEY=VALUE\n"
        + ".env:2:2: \"=\" is expected after B; lines are KEY=VALUE"
    ),
  ]

  @Test("a line that is no setting is refused with line and column", arguments: refused)
  func refuses(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try EnvironmentFile(path: ".env", text: text) }
    #expect(error?.description == message)
  }

  @Test("a file of a Windows editor, with a byte order mark and its line ends, is read; UTF-16 is named")
  func windows() throws {
    var template = Array("/var/tmp/streampulse-env-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    func store(_ bytes: [UInt8]) {
      ftruncate(descriptor, 0)
      pwrite(descriptor, bytes, bytes.count, 0)
    }
    defer { close(descriptor) }
    let text = "A=b\r\n# c\r\nB='d e' # f\r\n"
    store([0xEF, 0xBB, 0xBF] + Array(text.utf8))
    let file = try #require(try EnvironmentFile.read(path))
    #expect(file.entries == [.init(key: "A", value: "b", line: 1), .init(key: "B", value: "d e", line: 3)])
    store([0xFF, 0xFE] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
    let error = #expect(throws: ConfigurationError.self) { try EnvironmentFile.read(path) }
    #expect(error?.description == "\(path): this is UTF-16 text; save it as UTF-8")
    store(Array("A=b\nB=\u{e9}".unicodeScalars.map { UInt8($0.value) }))
    let latin = #expect(throws: ConfigurationError.self) { try EnvironmentFile.read(path) }
    #expect(latin?.description.hasPrefix("\(path):2:3: not UTF-8 text") == true)
  }

  @Test("a file that does not exist is none")
  func missing() throws {
    #expect(try EnvironmentFile.read("/nonexistent/.env") == nil)
  }

  @Test("a folder is not a settings file")
  func folder() {
    #expect(throws: ConfigurationError.self) { try EnvironmentFile.read("/") }
  }
}
