extension CommandLineInterface {
  /// The help of the whole program: what it is and its commands.
  public func help() -> String {
    if let base = commands.first(where: \.name.isEmpty) { return help(for: base) }
    return """
      \(summary)

      Usage: \(program) COMMAND [OPTIONS]

      \(commandList())
      See "\(program) COMMAND --help" for the options of a command.

      """
  }

  /// The complete help of one command.
  public func help(for command: CommandSpec) -> String {
    let arguments = command.arguments.map { argument in
      let name = argument.name + (argument.isRepeatable ? "…" : "")
      return argument.isRequired ? name : "[\(name)]"
    }
    let usage = ([program, command.name, "[OPTIONS]"] + arguments).filter { !$0.isEmpty }.joined(separator: " ")
    var text = "\(command.name.isEmpty ? summary : command.summary)\n\nUsage: \(usage)\n"
    if command.name.isEmpty, commands.count > 1 { text += "       \(program) COMMAND [OPTIONS]\n" }
    if !command.details.isEmpty { text += "\n\(command.details)\n" }
    if !command.arguments.isEmpty {
      text += "\nArguments:\n" + columns(command.arguments.map { ($0.name, $0.summary) })
    }
    var own = command.options.filter { !$0.isHidden }.map(row)
    own.append(("-h, --help", "Show this help"))
    if command.name.isEmpty { own.append(("--version", "Show the version")) }
    text += "\nOptions:\n" + columns(own)
    let settings = command.settingOptions
    if !settings.isEmpty {
      var rows = settings.map { key, option in
        let (name, summary) = row(option)
        return (name, "\(summary) [\(key.rawValue)]")
      }
      if command.takesKafkaProperties {
        rows.append(row(CommandSpec.kafkaPropertyOption))
      }
      text += "\nSettings (option, else environment variable in brackets, else .env):\n" + columns(rows)
    }
    let secrets = command.settings.filter(\.setting.isSecret)
    if !secrets.isEmpty {
      text += "\nSecret settings (environment or .env only):\n"
      text += columns(secrets.map { ($0.rawValue, $0.setting.summary) })
    }
    if command.name.isEmpty, commands.count > 1 { text += "\n" + commandList() }
    return text
  }

  private func commandList() -> String {
    "Commands:\n" + columns(commands.filter { !$0.name.isEmpty }.map { ($0.name, $0.summary) })
  }

  private func row(_ option: OptionSpec) -> (String, String) {
    var summary = option.summary
    if option.isRepeatable { summary += " (repeatable)" }
    if let defaultText = option.defaultText { summary += " (default: \(defaultText))" }
    return ("--" + option.name + (option.value.map { " " + $0 } ?? ""), summary)
  }

  /// Two columns, the right one wrapped so that lines stay within 100 characters.
  private func columns(_ rows: [(String, String)]) -> String {
    let left = min(rows.map(\.0.count).max() ?? 0, 36) + 4
    var text = ""
    for (name, summary) in rows {
      var line = "  " + name
      line += name.count + 2 < left ? String(repeating: " ", count: left - name.count - 2) : "  "
      let indent = String(repeating: " ", count: left)
      var isFresh = true
      for word in summary.split(separator: " ") {
        if !isFresh, line.count + 1 + word.count > 100 {
          text += line + "\n"
          line = indent
          isFresh = true
        }
        line += (isFresh ? "" : " ") + word
        isFresh = false
      }
      text += line + "\n"
    }
    return text
  }
}
