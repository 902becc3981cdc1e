/// The bounds of a consumer. Properties of the user's configuration win over these.
public struct KafkaConsumerSettings: Sendable {
  /// The most records that one `consume` returns.
  public var batchSize = 10_000
  /// Fetching stops while more records than this wait in the data queue.
  ///
  /// librdkafka 2.0 does not notice by itself that a full queue was drained: it looks again when something else wakes
  /// it, after up to a second. So this is about what is processed in a second, not a few batches: at a microsecond per
  /// record, 100,000 made consuming three times slower than 500,000. A waiting record costs about 270 bytes beside its
  /// payload.
  public var queuedMinMessages = 500_000
  /// Fetching stops while more than this waits in the data queue.
  public var queuedMaxKilobytes = 65_536
  /// How long a broker may hold back an answer to gather more records; the floor of freshness at a low rate.
  public var fetchWaitMaxMilliseconds = 10
  /// A member that does not call `pollGroup` for so long is taken for stuck and loses its partitions.
  ///
  /// Also how long a rebalance waits for a member, and a member for the answer to its joining, which is why it is far
  /// below librdkafka's 5 minutes: the embedded broker forgets, without a word, a member whose session ends while it
  /// joins, and its thread needs to be late by only a second for that. The member asks again after this time.
  public var maxPollIntervalMilliseconds = 30_000
  /// A member that dies without leaving is noticed after so long.
  public var sessionTimeoutMilliseconds = 6_000
  /// Makes the consumer a static member of its group: it does not leave when it is closed, and whoever joins with the
  /// same identity within the session goes on with the same partitions, and nobody else notices. One consumer of a group
  /// at a time; a second one takes the first one's place. nil: a member like any other, which leaves.
  public var instanceID: String?

  public init() {}

  /// After so long a member knows what has become of its membership, if the brokers can be reached: it has asked twice.
  public static let membershipNewsMicroseconds: Int64 = 2 * heartbeatMilliseconds * 1000

  /// How often a member asks the group whether there is news, which a rebalance waits for.
  private static let heartbeatMilliseconds: Int64 = 500

  /// The librdkafka properties of every consumer of ours, for programs that are to be compared with it.
  public var properties: [(String, String)] { commonDefaults + defaults }

  var defaults: [(String, String)] {
    [
      ("queued.min.messages", String(queuedMinMessages)),
      ("queued.max.messages.kbytes", String(queuedMaxKilobytes)),
      ("fetch.wait.max.ms", String(fetchWaitMaxMilliseconds)),
      ("max.poll.interval.ms", String(maxPollIntervalMilliseconds)),
      ("session.timeout.ms", String(sessionTimeoutMilliseconds)),
      (
        "heartbeat.interval.ms",
        String(max(1, min(Int(Self.heartbeatMilliseconds), sessionTimeoutMilliseconds / 4)))
      ),
      ("auto.offset.reset", "earliest"),
      ("isolation.level", "read_committed"),
      ("fetch.message.max.bytes", "1048576"),
      ("fetch.error.backoff.ms", "100"),
      // A topic that is made after the subscription is noticed this soon.
      ("topic.metadata.refresh.interval.ms", "10000"),
    ] + (instanceID.map { [("group.instance.id", $0)] } ?? [])
  }
}
