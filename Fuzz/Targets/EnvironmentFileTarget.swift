import Configuration

extension FuzzTarget {
  /// A value that was read is read again when it is written in double quotes, as the shell writes it.
  static let environmentFile = FuzzTarget("environment-file") {
    { input in
      guard let text = String(validating: input, as: UTF8.self),
        let file = try? EnvironmentFile(path: ".env", text: text)
      else { return }
      for entry in file.entries where !entry.value.contains(where: \.isNewline) {
        try require(entry.line >= 1 && !entry.key.isEmpty, "\(entry)")
        var quoted = ""
        for scalar in entry.value.unicodeScalars {
          if scalar == "\\" || scalar == "\"" { quoted.unicodeScalars.append("\\") }
          quoted.unicodeScalars.append(scalar)
        }
        let again = try EnvironmentFile(path: ".env", text: "export \(entry.key)=\"\(quoted)\" # \(entry.key)")
        try require(
          again.entries == [.init(key: entry.key, value: entry.value, line: 1)], "\(entry) became \(again.entries)")
      }
    }
  }
}
