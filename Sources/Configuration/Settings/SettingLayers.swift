import Spelling

/// Setting texts by key, each with where it came from.
struct SettingValues {
  private var values: [SettingKey: (text: String, origin: String)] = [:]

  mutating func set(_ key: SettingKey, _ text: String, origin: String) {
    values[key] = (text, origin)
  }

  mutating func unset(_ key: SettingKey) {
    values[key] = nil
  }

  /// A layer that says where Postgres is says it alone, however the layers below do: the file `env` of a running `up`,
  /// exported, wins over `PG_HOST` in `.env`.
  mutating func hideOtherDatabase(named layer: [String: String]) {
    func names(_ key: SettingKey) -> Bool { layer[key.rawValue]?.isEmpty == false }
    if names(.databaseURL) {
      for key in [.pgHost, .pgPort, .pgDatabase, .pgUser, .pgPassword] as [SettingKey] { unset(key) }
    } else if names(.pgHost) {
      unset(.databaseURL)
    }
  }

  /// What was set; nil when nothing was, whatever the default.
  func optional(_ key: SettingKey) -> String? { values[key]?.text }

  func origin(of key: SettingKey) -> String { values[key]?.origin ?? "default" }

  func text(_ key: SettingKey) -> String { values[key]?.text ?? key.setting.defaultValue ?? "" }

  /// Only after `checkFormats` found nothing, and only for settings of that format, which have a default.
  func integer(_ key: SettingKey) -> Int { Int(text(key)) ?? 0 }
  /// The same of a setting that is half of another one, rounded up, unless somebody says otherwise.
  func integer(_ key: SettingKey, orHalfOf whole: SettingKey) -> Int {
    optional(key) == nil ? (integer(whole) + 1) / 2 : integer(key)
  }
  func number(_ key: SettingKey) -> Double { Double(text(key)) ?? 0 }

  func checkFormats() -> [ConfigurationError.Problem] {
    SettingKey.allCases.compactMap { key in
      guard let (text, origin) = values[key], let complaint = key.setting.format.complaint(about: text) else {
        return nil
      }
      let isPublic = !key.setting.isSecret && key.setting.format.isPublic(text)
      let shown = isPublic ? ", not \"\(text)\"" : ""
      return .init(location: origin, message: "\(key.rawValue) \(complaint)\(shown)")
    }
  }
}

/// Command line over environment over `.env`, with unknown keys refused where they can only be meant for us.
struct SettingLayers {
  var values = SettingValues()
  var kafkaProperties: [KafkaProperty] = []
  /// By the variable.
  var topics: [String: TopicSetting] = [:]
  var problems: [ConfigurationError.Problem] = []

  init(commandLine: [String: String], environment: [String: String], file: EnvironmentFile?) {
    var properties: [String: KafkaProperty] = [:]
    for entry in file?.entries ?? [] {
      let location = "\(file?.path ?? ""):\(entry.line)"
      take(entry.key, entry.value, origin: location, into: &properties)
      checkFileKey(entry.key, location: "\(location):1")
    }
    values.hideOtherDatabase(named: environment)
    for (key, value) in environment.sorted(by: { $0.key < $1.key }) {
      take(key, value, origin: TopicSetting.environment, into: &properties)
      // Kafka's and Postgres' own tools use KAFKA_… and PG… variables of their own; nobody else uses STREAMPULSE_….
      if key.hasPrefix("STREAMPULSE_"), SettingKey(rawValue: key) == nil {
        problems.append(Self.unknown(key, location: "environment"))
      }
    }
    values.hideOtherDatabase(named: commandLine)
    for (key, value) in commandLine.sorted(by: { $0.key < $1.key }) {
      let option = SettingKey(rawValue: key).map { "--\($0.optionName)" } ?? "--kafka-property"
      take(key, value, origin: option, into: &properties)
    }
    kafkaProperties = properties.values.sorted { $0.name < $1.name }
  }

  private mutating func take(
    _ key: String, _ value: String, origin: String, into properties: inout [String: KafkaProperty]
  ) {
    if let known = SettingKey(rawValue: key) {
      // KEY= means "not set", as everywhere in shells and compose files; it also hides a lower layer's value.
      if value.isEmpty { values.unset(known) } else { values.set(known, value, origin: origin) }
    } else if let property = KafkaProperty(key: key, value: value) {
      properties[property.name] = property
    } else if key.hasPrefix(TopicSetting.prefix) {
      topics[key] = value.isEmpty ? nil : TopicSetting(key: key, topic: value, origin: origin)
    }
  }

  private mutating func checkFileKey(_ key: String, location: String) {
    if SettingKey(rawValue: key) != nil || KafkaProperty(key: key, value: "") != nil { return }
    // Whether there is such a stream is known when the project is loaded.
    if key.hasPrefix(TopicSetting.prefix) { return }
    let prefixes = ["KAFKA_", "SCHEMA_REGISTRY_", "PG_", "API_", "NOTIFICATION_", "STREAMPULSE_"]
    let looksLikeOurs = prefixes.contains { key.hasPrefix($0) }
    // A letter or two off a known name is a slip, whatever it begins with.
    if looksLikeOurs || nearestSpelling(of: key, among: SettingKey.allCases.map(\.rawValue), mostMistakes: 2) != nil {
      problems.append(Self.unknown(key, location: location))
    }
  }

  private static func unknown(_ key: String, location: String) -> ConfigurationError.Problem {
    let nearest = nearestSpelling(of: key, among: SettingKey.allCases.map(\.rawValue))
    return .init(
      location: location, message: "\(key) is not a setting",
      hint: nearest.map { "did you mean \($0)?" } ?? "see streampulse --help and .env.example")
  }
}
