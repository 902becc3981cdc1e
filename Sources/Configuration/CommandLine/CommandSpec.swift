/// An option of a command: `--name`, or `--name VALUE`.
public struct OptionSpec: Hashable, Sendable {
  public var name: String
  /// What the value is called in the help, e.g. "EVENTS/S"; nil: the option is a flag and takes no value.
  public var value: String?
  public var summary: String
  /// Shown in the help. The layer itself fills in nothing: an option that was not given is nil.
  public var defaultText: String?
  /// May be given several times; otherwise the second time is an error.
  public var isRepeatable: Bool

  /// An option with a value.
  public init(
    _ name: String, value: String, summary: String, default defaultText: String? = nil, isRepeatable: Bool = false
  ) {
    self.name = name
    self.value = value
    self.summary = summary
    self.defaultText = defaultText
    self.isRepeatable = isRepeatable
  }

  /// Understood, but not in the help: for tests of the program itself.
  public var isHidden = false

  /// The same, left out of the help.
  public var hidden: OptionSpec {
    var copy = self
    copy.isHidden = true
    return copy
  }

  /// An option without a value.
  public init(flag name: String, summary: String) {
    self.name = name
    value = nil
    self.summary = summary
    defaultText = nil
    isRepeatable = false
  }
}

/// A positional argument of a command.
public struct ArgumentSpec: Hashable, Sendable {
  /// As the help shows it, in capitals.
  public var name: String
  public var summary: String
  public var isRequired: Bool
  /// Takes all that follow; only for the last one.
  public var isRepeatable: Bool

  public init(_ name: String, summary: String, isRequired: Bool = true, isRepeatable: Bool = false) {
    self.name = name
    self.summary = summary
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
  }
}

/// A subcommand, or the program itself when its name is empty.
public struct CommandSpec: Sendable {
  public var name: String
  /// One line for the list of commands.
  public var summary: String
  /// Paragraphs for the command's own help, already wrapped.
  public var details: String
  public var options: [OptionSpec]
  public var arguments: [ArgumentSpec]
  /// Settings that the command takes as options too (`API_PORT` as `--api-port`). Secret ones are left out: everybody
  /// on the machine can read a command line.
  public var settings: [SettingKey]

  public init(
    name: String, summary: String, details: String = "", options: [OptionSpec] = [], arguments: [ArgumentSpec] = [],
    settings: [SettingKey] = []
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.options = options
    self.arguments = arguments
    self.settings = settings
  }

  /// The settings as options, in their order.
  var settingOptions: [(key: SettingKey, option: OptionSpec)] {
    settings.filter { !$0.setting.isSecret }.map { key in
      let setting = key.setting
      return (
        key,
        OptionSpec(
          key.optionName, value: setting.format.placeholder, summary: setting.summary,
          default: setting.defaultValue ?? setting.defaultNote)
      )
    }
  }

  /// Whether any librdkafka property can be given.
  var takesKafkaProperties: Bool { settings.contains(.kafkaBootstrapServers) }

  static let kafkaPropertyOption = OptionSpec(
    "kafka-property", value: "NAME=VALUE", summary: "Any librdkafka property, e.g. security.protocol=ssl",
    isRepeatable: true)

  /// The settings as options by the whole names of their variables, where these are others.
  private var longSettingOptions: [OptionSpec] {
    settingOptions.compactMap { key, option in
      guard key.longOptionName != option.name else { return nil }
      var long = option
      long.name = key.longOptionName
      return long.hidden
    }
  }

  /// Every option that the parser knows, `--help` included.
  var allOptions: [OptionSpec] {
    options + settingOptions.map(\.option) + longSettingOptions
      + (takesKafkaProperties ? [Self.kafkaPropertyOption] : [])
      + [OptionSpec(flag: "help", summary: "Show this help")]
  }
}
