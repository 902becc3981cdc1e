import Events
import Synthesis

/// A topic's partitions: what a producer writes, when it arrives, and what retention takes away.
///
/// All of it is made up before the schedule begins, so the answer depends on the seed alone.
final class SimulatedLog {
  enum Content {
    case event(SimulatedEvent)
    case tombstone
    /// An event whose last bytes are missing.
    case truncated
    /// An event in Confluent framing of a schema that nobody knows.
    case unknownSchema
  }

  struct Entry {
    var offset: Offset
    var content: Content
    var arrival: Int64
    /// Where its payload is.
    var bytes: Range<Int>
  }

  let topic: SimulatedTopic
  private(set) var partitions: [[Entry]] = []
  /// The oldest offset that is still there, by partition.
  private(set) var low: [Offset] = []
  private let payloads: UnsafeMutableBufferPointer<UInt8>

  init(_ topic: SimulatedTopic, _ scenario: Scenario, _ random: inout RandomNumbers) {
    self.topic = topic
    var bytes: [UInt8] = []
    for _ in 0..<scenario.partitions {
      var entries: [Entry] = []
      var offset: Offset = random.chance(0.3) ? random.within(0...1000) : 0
      low.append(offset)
      var times: [Int64] = (0..<scenario.records).map { _ in random.within(0...scenario.horizon) }
      times.sort()
      for arrival in times {
        if random.chance(scenario.holes) { offset += random.within(1...3) }
        let start = bytes.count
        let content = SimulatedLog.makeContent(topic, scenario, arrival: arrival, &random)
        switch content {
        case .event(let event) where topic.format == .avro && random.chance(scenario.schemas):
          bytes += event.encoded(schema: UInt32(random.within(1...2)))
        case .event(let event): bytes += event.encoded(topic.format)
        case .unknownSchema:
          let event = SimulatedEvent(time: World.start + arrival, key: 0, value: 0)
          bytes += event.encoded(schema: SimulatedStream.unknownSchema)
        case .truncated: bytes += SimulatedEvent(time: arrival, key: 0, value: 0).encoded(topic.format).dropLast(1)
        case .tombstone: break
        }
        entries.append(Entry(offset: offset, content: content, arrival: arrival, bytes: start..<bytes.count))
        offset += 1
      }
      partitions.append(entries)
    }
    payloads = .allocate(capacity: bytes.count)
    _ = payloads.initialize(from: bytes)
  }

  deinit {
    payloads.deallocate()
  }

  private static func makeContent(
    _ topic: SimulatedTopic, _ scenario: Scenario, arrival: Int64, _ random: inout RandomNumbers
  ) -> Content {
    if random.chance(scenario.malformed) { return random.chance(0.5) ? .tombstone : .truncated }
    if topic.format == .avro, random.chance(scenario.schemas / 10) { return .unknownSchema }
    // Mostly in order; some minutes late.
    let delay = random.chance(0.1) ? random.within(0...180 * second) : random.within(0...2 * second)
    return .event(
      SimulatedEvent(
        time: World.start + arrival - delay, key: random.within(0...4),
        value: Double(random.within(SimulatedEvent.values))))
  }

  /// The index of the first record that is at or after the offset, and there.
  func index(_ partition: TopicPartition, from offset: Offset) -> Int {
    let entries = partitions[partition.index]
    let offset = max(offset, low[partition.index])
    var (first, end) = (0, entries.count)
    while first < end {
      let middle = (first + end) / 2
      if entries[middle].offset < offset { first = middle + 1 } else { end = middle }
    }
    return first
  }

  /// One past the newest record that has arrived.
  func high(_ partition: TopicPartition, now: Int64) -> Offset {
    let newest = partitions[partition.index].last { $0.arrival <= now }
    return max(low[partition.index], newest.map { $0.offset + 1 } ?? 0)
  }

  func record(_ partition: TopicPartition, _ entry: Entry, sourceIndex: Int32) -> Record {
    var payload: UnsafePointer<UInt8>?
    if case .tombstone = entry.content {
    } else {
      payload = payloads.baseAddress.map { UnsafePointer($0 + entry.bytes.lowerBound) }
    }
    return Record(
      payload: payload, payloadCount: entry.bytes.count, offset: entry.offset,
      timestampMilliseconds: (World.start + entry.arrival) / 1000, partition: partition.partition,
      sourceIndex: sourceIndex)
  }

  /// Retention removes the records before this one.
  func expire(_ partition: TopicPartition, before offset: Offset) {
    low[partition.index] = max(low[partition.index], offset)
  }
}

extension TopicPartition {
  /// Of the partition in the log and in the group.
  var index: Int { Int(partition) }
}
