import Configuration

/// What a file's lines are.
enum FileFormat: String, CaseIterable {
  case accessLog = "access-log"
  case csv
  case jsonLines = "json-lines"
}

/// Sends the lines of a file as events.
func replay(_ command: ParsedCommand, _ configuration: Configuration, _ stop: StopSignal) throws -> RunResult {
  let format = try command.choice("format", FileFormat.self) ?? .accessLog
  for (option, formats) in optionsOfFormats where command.flag(option) && !formats.contains(format) {
    let names = formats.map(\.rawValue).joined(separator: " and ")
    throw command.error("--\(option) is for --format \(names)", hint: "the format is \(format.rawValue)")
  }
  if let rebase = command.string("rebase") {
    guard rebase == "now" else { throw command.error("--rebase takes now, not “\(rebase)”") }
    guard command.positional[0] != "-" else {
      throw command.error("--rebase reads the file twice, which standard input does not allow")
    }
  }
  switch format {
  case .accessLog: return try replayAccessLog(command, configuration, stop)
  case .csv: return try replayCSV(command, configuration, stop)
  case .jsonLines: return try replayJSONLines(command, configuration, stop)
  }
}

private let optionsOfFormats: [(option: String, formats: [FileFormat])] = [
  ("events", [.accessLog]), ("schema", [.accessLog]), ("framing", [.accessLog]),
  ("no-header", [.csv]), ("columns", [.csv]), ("delimiter", [.csv]), ("null", [.csv]), ("text", [.csv]),
  ("stream", [.csv, .jsonLines]), ("time", [.csv, .jsonLines]),
]
