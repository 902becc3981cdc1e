import Configuration
import Synthesis

extension ParsedCommand {
  /// An option read by one of the generator's own parsers, whose error then names the option.
  func setting<Value>(_ option: String, _ parse: (String) throws(SettingError) -> Value) throws(UsageError) -> Value? {
    guard let text = string(option) else { return nil }
    do {
      return try parse(text)
    } catch {
      throw self.error("--\(option): \(error)")
    }
  }

  /// The topic when it is given as an option, and not by the environment.
  var topicOption: String? { string("topic") ?? settings[SettingKey.kafkaTopic.rawValue] }

  /// An option that is one of a few words.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ type: Choice.Type
  ) throws(UsageError) -> Choice? {
    guard let text = string(option) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      throw error("--\(option) is \(words.dropLast().joined(separator: ", ")) or \(words.last ?? ""), not “\(text)”")
    }
    return choice
  }
}
