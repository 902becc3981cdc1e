import Testing

/// Starts one Kafka node for a whole suite and kills it afterwards.
public struct RunningKafka: SuiteTrait, TestScoping {
  @TaskLocal public static var node: KafkaNode?

  private let properties: [String]

  /// - Parameter properties: lines for the node's configuration.
  public init(properties: [String] = []) {
    self.properties = properties
  }

  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    test.isSuite ? self : nil
  }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let node = try KafkaNode(properties: properties)
    defer { node.kill() }
    try node.waitUntilReady()
    try await Self.$node.withValue(node, operation: body)
  }
}
