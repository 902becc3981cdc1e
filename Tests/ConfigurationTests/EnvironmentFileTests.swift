import Configuration
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

  @Test("a file that does not exist is none")
  func missing() throws {
    #expect(try EnvironmentFile.read("/nonexistent/.env") == nil)
  }

  @Test("a folder is not a settings file")
  func folder() {
    #expect(throws: ConfigurationError.self) { try EnvironmentFile.read("/") }
  }
}
