import Kafka

/// How many letters to try next, and what a failure means: the decisions of the forwarder.
///
/// After a failure a single letter is tried, so that a broker that is away costs few duplicates and a letter that will
/// never be taken is found; success doubles the number again.
struct ForwardingPace {
  enum Verdict: Equatable {
    /// Try again at once, with what `limit` says.
    case retry
    /// Nothing can be forwarded for now.
    case wait
    /// The only letter that was tried is refused for good.
    case setAside
  }

  private let greatest: Int
  private(set) var limit: Int

  init(greatest: Int) {
    self.greatest = greatest
    limit = greatest
  }

  mutating func succeeded() {
    limit = min(limit * 2, greatest)
  }

  /// - Parameter count: how many letters were tried.
  mutating func failed(_ error: KafkaError, count: Int) -> Verdict {
    limit = 1
    guard error.isAboutRecord else { return .wait }
    return count > 1 ? .retry : .setAside
  }
}
