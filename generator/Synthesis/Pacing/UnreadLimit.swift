/// Keeps a generator from outrunning the reader of a broker that forgets: the embedded one keeps about 5 MB per
/// partition and drops the oldest, read or not.
///
/// A state machine: it is told what the broker and the reader say, and answers how many events may be sent. Which
/// partition an event goes to is not known beforehand, so each counts against the fullest one.
public struct UnreadLimit {
  /// One partition as the broker and the reader's group see it.
  public struct Partition: Equatable, Sendable {
    /// The oldest offset that the broker still has.
    public var low: Int64
    /// The offset that the next record gets.
    public var high: Int64
    /// The next offset to read as the reader committed it; nil before its first commit.
    public var committed: Int64?

    public init(low: Int64, high: Int64, committed: Int64?) {
      self.low = low
      self.high = high
      self.committed = committed
    }
  }

  /// Worth telling a person, once per change.
  public enum Change: Equatable, Sendable {
    case waiting
    case resumed
    /// The broker dropped this many records before they were read.
    case lost(records: Int64)
  }

  public let maxUnreadBytes: Int
  private var sentEvents = 0
  private var sentBytes = 0
  private var credit = 0
  private var isWaiting = false
  private var lost: Int64 = 0
  /// What a record takes in the broker beside key and value: its own header and its share of the batch's.
  private static let recordOverheadBytes = 24
  /// Until the first events show how large they are.
  private static let assumedRecordBytes = 256

  public init(maxUnreadBytes: Int) {
    self.maxUnreadBytes = maxUnreadBytes
  }

  /// How many more events may be sent before the partitions must be looked at again.
  public var allowance: Int { credit }

  /// One event of this size was handed to the producer.
  public mutating func didSend(bytes: Int) {
    sentEvents += 1
    sentBytes += bytes + Self.recordOverheadBytes
    credit -= 1
  }

  /// The state of all partitions, and how many events handed to the producer are not yet acknowledged.
  public mutating func didLook(at partitions: [Partition], inFlight: Int) -> [Change] {
    var changes: [Change] = []
    let recordBytes = sentEvents == 0 ? Self.assumedRecordBytes : max(1, sentBytes / sentEvents)
    let unread = partitions.map { $0.high - ($0.committed ?? 0) }.max() ?? 0
    credit = max(0, maxUnreadBytes / recordBytes - Int(unread) - inFlight)
    // Asking is a round trip: do not resume for a handful of events.
    let worthwhile = maxUnreadBytes / recordBytes / 8
    if credit < worthwhile { credit = 0 }
    if (credit == 0) != isWaiting && (credit > 0 || inFlight == 0) {
      isWaiting = credit == 0
      changes.append(isWaiting ? .waiting : .resumed)
    }
    let gone = partitions.reduce(0) { $0 + max(0, $1.low - max(0, $1.committed ?? 0)) }
    if gone > lost { changes.append(.lost(records: gone - lost)) }
    lost = max(lost, gone)
    return changes
  }
}
