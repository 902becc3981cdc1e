import Configuration
import Plan
import Project

/// The consumer groups in which the project's processors read a topic: each of several streams has its own.
func readerGroups(of topic: String, _ configuration: Configuration) -> [String] {
  let group = configuration.kafka.groupID
  let streams: [StreamDefinition]
  do {
    streams = try Project.definitions(in: try configuration.projectDirectory())
  } catch {
    // Whoever makes events needs no project; what is wrong with it is not told here.
    return [group]
  }
  guard streams.count > 1 else { return [group] }
  let readers = streams.filter { stream in
    let key = TopicSetting.key(of: stream.name)
    return configuration.kafka.streamTopics.first { $0.key == key }?.topic ?? stream.topic == topic
  }
  return readers.isEmpty ? [group] : readers.map { "\(group).\($0.name)" }
}
