import Configuration
import Project

/// A stream of the project, and what this run reads it as.
struct StreamSource: Sendable {
  let stream: Stream
  let topic: String
  /// The setting that names the topic; nil: the stream's definition does.
  let topicSetting: String?
  /// The consumer group of its processors.
  let group: String

  var name: String { stream.plan.definition.name }
}

extension CommandContext {
  /// All streams of the project with their topics and groups.
  func sources(of project: Project) throws -> [StreamSource] {
    let settings = configuration.kafka
    let isOnly = project.streams.count == 1
    if settings.topic != nil, !isOnly {
      throw ConfigurationError(
        location: SettingKey.kafkaTopic.rawValue,
        message: "the project has \(project.streams.count) streams, and one topic cannot be that of all",
        hint: "set " + project.streams.map { TopicSetting.key(of: $0.plan.definition.name) }.joined(separator: " or "))
    }
    try checkTopicSettings(project)
    return project.streams.map { stream in
      let definition = stream.plan.definition
      let own = settings.streamTopics.first { $0.key == TopicSetting.key(of: definition.name) }
      return StreamSource(
        stream: stream, topic: own?.topic ?? settings.topic ?? definition.topic,
        topicSetting: own?.key ?? settings.topic.map { _ in SettingKey.kafkaTopic.rawValue },
        group: isOnly ? settings.groupID : "\(settings.groupID).\(definition.name)")
    }
  }

  /// A topic for a stream that the project does not have is a slip in a file of ours. In the environment it may be another
  /// program's variable.
  private func checkTopicSettings(_ project: Project) throws {
    let problems = configuration.kafka.streamTopics.compactMap { setting in
      setting.problem(streams: project.streams.map(\.plan.definition.name)).map { (setting, $0) }
    }
    for (setting, problem) in problems where setting.isOfEnvironment { observe(.settingIgnored(text: "\(problem)")) }
    let slips = problems.filter { !$0.0.isOfEnvironment }.map(\.1)
    if !slips.isEmpty { throw ConfigurationError(problems: slips) }
  }

  /// The stream that an aggregate is made of.
  func source(of aggregate: String, in project: Project) throws -> StreamSource? {
    let name = project.stream(of: aggregate)?.name
    return try sources(of: project).first { $0.name == name }
  }
}
