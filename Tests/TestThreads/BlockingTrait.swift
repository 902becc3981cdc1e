import Testing

/// Runs a suite's tests on threads that may wait: for a broker, a server, a process, a session's end.
///
/// Tests run on Swift's concurrency pool, which has a thread for each core and starts no others while these wait. On two
/// cores, two tests that wait for a rebalance would keep all others from running.
public struct BlockingTrait: SuiteTrait, TestScoping {
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    // The tests below are children of the suite's task, and inherit what it prefers.
    test.isSuite ? self : nil
  }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadExecutor.shared) { try await body() }
  }
}

extension Trait where Self == BlockingTrait {
  /// The tests of this suite wait. Named before traits that wait themselves.
  public static var blocking: Self { BlockingTrait() }
}
