import Configuration
import Plan
import Project
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

  /// The project's stream that --stream names.
  func stream(_ configuration: Configuration) throws -> StreamDefinition? {
    guard let name = string("stream") else { return nil }
    let stream = try Project.definition(ofStream: name, in: try configuration.projectDirectory())
    guard stream.format != .avro else {
      throw error("--stream: \(name) is a stream of Avro", hint: "its columns are not declared")
    }
    return stream
  }

  /// The topic that a file's events are sent to: as an option says, as the environment has it for the stream or for all,
  /// or as the stream is defined.
  func topic(of stream: StreamDefinition?, _ configuration: Configuration) throws(UsageError) -> String {
    if let topic = topicOption { return topic }
    if let stream {
      let key = TopicSetting.key(of: stream.name)
      let own = configuration.kafka.streamTopics.first { $0.key == key }
      return own?.topic ?? configuration.kafka.topic ?? stream.topic
    }
    // A dry run goes to none.
    guard let topic = configuration.kafka.topic ?? (flag("dry-run") ? "" : nil) else {
      throw error("nothing says where the events go", hint: "give --topic or --stream")
    }
    return topic
  }

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
