/// A way over topics and their `dead_letter_topic`s that leads back to where it began: what cannot be processed would be
/// read again, fail again and multiply for ever.
public struct DeadLetterLoop: Hashable, Sendable {
  /// The stream whose dead letters close the loop, as an index into the routes.
  public var stream: Int
  /// From the topic that this stream reads to that topic again.
  public var topics: [String]

  /// From where one stream reads to where its dead letters go.
  public struct Route: Hashable, Sendable {
    public var topic: String
    /// nil: they stay in the database.
    public var deadLetterTopic: String?

    public init(topic: String, deadLetterTopic: String?) {
      self.topic = topic
      self.deadLetterTopic = deadLetterTopic
    }
  }

  /// The loops among the routes of a project's streams, each said once: of the last stream that it takes.
  public static func all(in routes: [Route]) -> [DeadLetterLoop] {
    var loops: [DeadLetterLoop] = []
    var targets: [String: [String]] = [:]
    for (index, route) in routes.enumerated() {
      guard let target = route.deadLetterTopic else { continue }
      if let way = way(from: target, to: route.topic, over: targets) {
        loops.append(DeadLetterLoop(stream: index, topics: [route.topic] + way))
      } else {
        targets[route.topic, default: []].append(target)
      }
    }
    return loops
  }

  /// The shortest way, with both ends; nil: there is none.
  private static func way(from start: String, to end: String, over targets: [String: [String]]) -> [String]? {
    var ways = [[start]]
    var seen: Set<String> = [start]
    var next = 0
    while next < ways.count {
      let way = ways[next]
      next += 1
      guard let last = way.last, last != end else { return way }
      for target in targets[last] ?? [] where seen.insert(target).inserted { ways.append(way + [target]) }
    }
    return nil
  }
}
