import Configuration

/// Why a run cannot go on: one line for a person.
struct GeneratorError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Runs the program. Here errors of every module become a line on stderr and an exit status: 2 for a command line that
/// was not understood, 1 for a run that did not succeed.
func runGenerator(_ arguments: [String]) -> Int32 {
  let stop = StopSignal()
  do {
    let command = try generatorCommandLine.parse(arguments)
    if let text = command.requestedText {
      writeOut(text)
      return 0
    }
    let commandLine = command.settings.merging(aliases(command)) { _, alias in alias }
    let environment = processEnvironment()
    let file = try EnvironmentFile.read(".env")
    let configuration = try Configuration(commandLine: commandLine, environment: environment, file: file)
    let result: RunResult
    if command.command == "replay" {
      result = try replay(command, configuration, stop)
    } else if command.command == "follow" {
      result = try followAccessLog(command, configuration, stop)
    } else {
      let kind = EventKind(rawValue: command.command) ?? .downloads
      let key = SettingKey.eventsPerMinute.rawValue
      let hasConfiguredRate =
        commandLine[key] != nil || environment[key] != nil || file?.entries.contains { $0.key == key } == true
      result = try generate(
        kind, command, configuration, hasConfiguredRate: hasConfiguredRate, stop)
    }
    return result.isComplete ? 0 : 1
  } catch let error as UsageError {
    writeError("event-generator: \(error)\n")
    return UsageError.exitStatus
  } catch {
    writeError("event-generator: \(error)\n")
    return 1
  }
}

/// The two settings that are given most often have a short option too.
private func aliases(_ command: ParsedCommand) -> [String: String] {
  var settings: [String: String] = [:]
  settings[SettingKey.kafkaBootstrapServers.rawValue] = command.string("bootstrap-servers")
  settings[SettingKey.kafkaTopic.rawValue] = command.string("topic")
  return settings
}
