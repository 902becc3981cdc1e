import CProcess
import Glibc
import Spelling
import Synchronization

/// A program's command line: declared once, which gives parsing, errors and help.
///
/// Prints nothing; help comes back as `ParsedCommand.requestedText`.
public struct CommandLineInterface: Sendable {
  public var program: String
  public var summary: String
  public var version: String
  /// A command with an empty name is what runs when no subcommand is named.
  public var commands: [CommandSpec]

  public init(program: String, summary: String, version: String, commands: [CommandSpec]) {
    self.program = program
    self.summary = summary
    self.version = version
    self.commands = commands
  }

  /// Understands `arguments`, which begin after the program's name.
  public func parse(_ arguments: [String]) throws(UsageError) -> ParsedCommand {
    let base = commands.first { $0.name.isEmpty }
    let first = arguments.first
    if let first, let command = commands.first(where: { !$0.name.isEmpty && $0.name == first }) {
      return try parse(Array(arguments.dropFirst()), of: command)
    }
    if first == "--version" { return requested("\(program) \(version)\n") }
    if let base { return try parse(arguments, of: base) }
    switch first {
    case "--help", "-h": return requested(help())
    case "help":
      guard let name = arguments.dropFirst().first else { return requested(help()) }
      guard let command = commands.first(where: { $0.name == name }) else { throw unknownCommand(name) }
      return requested(help(for: command))
    case nil:
      throw UsageError(message: "\(program) needs a command", hint: "see \(program) --help")
    case let word?:
      if word.hasPrefix("-") {
        throw UsageError(message: "unknown option \(word) before the command", hint: "see \(program) --help")
      }
      throw unknownCommand(word)
    }
  }

  private func requested(_ text: String) -> ParsedCommand {
    ParsedCommand(command: "", requestedText: text, positional: [], settings: [:], values: [:], program: program)
  }

  private func unknownCommand(_ word: String) -> UsageError {
    let nearest = nearestSpelling(of: word, among: commands.map(\.name).filter { !$0.isEmpty })
    return UsageError(
      message: "unknown command \"\(word)\"",
      hint: nearest.map { "did you mean \"\($0)\"?" } ?? "see \(program) --help")
  }

  private func parse(_ arguments: [String], of command: CommandSpec) throws(UsageError) -> ParsedCommand {
    var parsed = ParsedCommand(
      command: command.name, requestedText: nil, positional: [], settings: [:], values: [:], program: program)
    let options = command.allOptions
    let scan = scanOptions(arguments, options: options)
    for (index, value) in scan.found {
      let option = options[index]
      if option.name == "help" {
        parsed.requestedText = help(for: command)
        return parsed
      }
      if !option.isRepeatable && parsed.values[option.name] != nil {
        throw UsageError("--\(option.name) is given twice", command: parsed)
      }
      parsed.values[option.name, default: []].append(value ?? "")
    }
    if let problem = scan.problem {
      throw usageError(problem, options: options, parsed: parsed)
    }
    parsed.positional = scan.positional
    try checkPositional(parsed, of: command)
    try takeSettings(into: &parsed, of: command)
    return parsed
  }

  private func usageError(_ problem: OptionScan.Problem, options: [OptionSpec], parsed: ParsedCommand) -> UsageError {
    switch problem {
    case .missingValue(let word):
      return UsageError("\(word) needs a value", command: parsed)
    case .unknown(let word):
      let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
      if let flag = options.first(where: { $0.name == name && $0.value == nil }) {
        return UsageError("--\(flag.name) takes no value", command: parsed)
      }
      var error = UsageError("unknown option \(word)", command: parsed)
      if let nearest = nearestSpelling(of: name, among: options.map(\.name)) {
        error.hint = "did you mean --\(nearest)?"
      }
      return error
    }
  }

  private func checkPositional(_ parsed: ParsedCommand, of command: CommandSpec) throws(UsageError) {
    let given = parsed.positional.count
    if given < command.arguments.count, command.arguments[given].isRequired {
      throw UsageError("\(command.arguments[given].name) is missing", command: parsed)
    }
    if given > command.arguments.count, command.arguments.last?.isRepeatable != true {
      let word = parsed.positional[command.arguments.count]
      if command.name.isEmpty && command.arguments.isEmpty { throw unknownCommand(word) }
      throw UsageError("unexpected argument \"\(word)\"", command: parsed)
    }
  }

  private func takeSettings(into parsed: inout ParsedCommand, of command: CommandSpec) throws(UsageError) {
    for (key, option) in command.settingOptions {
      let given = Set([option.name, key.longOptionName]).filter { parsed.string($0) != nil }
      guard given.count < 2 else { throw UsageError("--\(option.name) is given twice", command: parsed) }
      if let value = given.first.flatMap(parsed.string) { parsed.settings[key.rawValue] = value }
    }
    guard command.takesKafkaProperties else { return }
    for property in parsed.strings(CommandSpec.kafkaPropertyOption.name) {
      guard let split = property.firstIndex(of: "="), split != property.startIndex else {
        throw UsageError("--kafka-property needs NAME=VALUE, not \"\(property)\"", command: parsed)
      }
      let name = property[..<split].uppercased().map { $0 == "." ? "_" : $0 }
      let (key, value) = (KafkaProperty.prefix + String(name), String(property[property.index(after: split)...]))
      // Everybody on the machine sees command lines.
      guard KafkaProperty(key: key, value: value)?.isSecret != true else {
        throw UsageError("\(property[..<split]) is a secret: set \(key) in the environment or .env", command: parsed)
      }
      parsed.settings[key] = value
    }
  }
}

/// What getopt_long found in a command line.
private struct OptionScan {
  enum Problem {
    case unknown(String)
    case missingValue(String)
  }

  /// Index of the option and its value, up to the first problem.
  var found: [(index: Int, value: String?)] = []
  var positional: [String] = []
  var problem: Problem?
}

/// getopt keeps its place in global variables, so one command line at a time is scanned.
private let getoptLock = Mutex(())

private func scanOptions(_ arguments: [String], options: [OptionSpec]) -> OptionScan {
  // getopt skips the program's name and moves positional arguments behind the options, in this array.
  var words = ([""] + arguments).map { strdup($0) }
  let names = options.map { strdup($0.name) }
  defer {
    for pointer in words { free(pointer) }
    for pointer in names { free(pointer) }
  }
  words.append(nil)
  var table = options.indices.map { index in
    option(
      name: names[index], has_arg: options[index].value == nil ? 0 : 1, flag: nil, val: Int32(index) + 1000)
  }
  // GNU's end of the table; and `-h` for every command.
  table.append(option())
  let helpIndex = options.firstIndex { $0.name == "help" }

  return getoptLock.withLock { _ in
    words.withUnsafeMutableBufferPointer { words in
      var scan = OptionScan()
      var restart: Int32 = 1
      while true {
        let step = streampulse_getopt_next(Int32(arguments.count + 1), words.baseAddress, table, restart)
        restart = 0
        let word = step.word.map { String(cString: $0) } ?? ""
        switch step.index {
        case -1:
          scan.positional = words[Int(step.next)...].compactMap { $0.map { String(cString: $0) } }
          return scan
        case -2:
          scan.problem = .unknown(word)
          return scan
        case -3:
          scan.problem = .missingValue(word)
          return scan
        case -4:
          if let helpIndex { scan.found.append((helpIndex, nil)) }
        case let index:
          scan.found.append((Int(index), step.argument.map { String(cString: $0) }))
        }
      }
    }
  }
}
