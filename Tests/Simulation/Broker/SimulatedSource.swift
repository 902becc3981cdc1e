import Events
import Kafka
import Processing

/// The consumer of one worker over the simulated log and group.
///
/// Delivery is as bad as the worker must bear: batches of any size, records twice, records passed over once.
final class SimulatedSource: RecordSource {
  private struct Fetch {
    var position: Offset
    /// Fetching has just begun here: what it delivers first is what the log has.
    var isFresh = true
  }

  let topic: String
  private unowned let incarnation: Incarnation
  private let world: World
  private let broker: SimulatedBroker
  private let log: SimulatedLog
  private let group: SimulatedGroup
  private var member: SimulatedGroup.Member?
  private var fetches: [TopicPartition: Fetch] = [:]
  /// Partitions that stay the member's and are not read.
  private var withdrawn: Set<TopicPartition> = []
  private var saidDown = false
  private let records: UnsafeMutableBufferPointer<Record>

  init(_ incarnation: Incarnation, _ world: World, _ broker: SimulatedBroker) {
    self.incarnation = incarnation
    self.world = world
    self.broker = broker
    let stream = incarnation.stream
    topic = stream.topic.rawValue
    log = broker.log(of: stream.topic)
    group = broker.groups[stream.number]
    records = .allocate(capacity: world.scenario.batchSize)
  }

  deinit {
    records.deallocate()
  }

  var isRevoking: Bool { member?.isRevoking ?? false }
  var isExpelled: Bool { member?.isExpelled ?? false }

  /// Leaves the group; a killed process does not.
  func close() {
    if let member { group.leave(member) }
  }

  private func acted(_ what: @autoclosure () -> String) throws(KafkaError) {
    guard incarnation.acted(what()) else {
      throw KafkaError(code: "_DESTROY", message: "the process is gone", isFatal: true)
    }
  }

  private func requireBroker() throws(KafkaError) {
    if broker.isDown || world.strikes(world.scenario.brokerFault) {
      throw KafkaError(code: "_TRANSPORT", message: "no answer", isRetriable: true)
    }
  }

  // MARK: RecordSource

  func subscribe() throws(KafkaError) {
    member = group.join()
    try acted("subscribe")
  }

  func pollGroup() -> [GroupEvent] {
    guard incarnation.isAlive, let member else { return [] }
    var events: [GroupEvent] = []
    if broker.isDown != saidDown {
      saidDown = broker.isDown
      events.append(
        saidDown ? .brokersDown(KafkaError(code: "_ALL_BROKERS_DOWN", message: "all down")) : .brokersUp)
    }
    if !broker.isDown {
      events += group.poll(member, holding: withdrawn.union(fetches.keys).sorted())
      // Its client joins again by itself; the worker hears of it when it has partitions.
      if member.isExpelled, fetches.isEmpty, withdrawn.isEmpty, events.isEmpty { self.member = group.join() }
    }
    if !events.isEmpty { _ = incarnation.acted("poll \(events)") }
    return incarnation.isAlive ? events : []
  }

  func assign(_ starts: [TopicPartition: Offset]) throws(KafkaError) {
    for (partition, start) in starts { fetches[partition] = Fetch(position: start) }
    withdrawn.subtract(starts.keys)
    if let member { group.answered(member, unassigned: nil) }
    try acted("assign \(starts.sorted { $0.key < $1.key }.map { "\($0.key) at \($0.value)" })")
  }

  func unassign(_ partitions: [TopicPartition]) throws(KafkaError) {
    guard incarnation.isAlive else { return }
    incarnation.released(partitions)
    for partition in partitions { fetches[partition] = nil }
    withdrawn.subtract(partitions)
    if let member { group.answered(member, unassigned: partitions) }
    try acted("unassign \(partitions)")
  }

  func reread(_ partition: TopicPartition, from offset: Offset) throws(KafkaError) -> Bool {
    guard let member, fetches[partition] != nil || withdrawn.contains(partition), member.unanswered.isEmpty,
      member.news.isEmpty
    else {
      world.reached(.postponedReread)
      return false
    }
    world.reached(.reread)
    fetches[partition] = Fetch(position: offset)
    withdrawn.remove(partition)
    try acted("reread \(partition) from \(offset)")
    return true
  }

  func withdraw(_ partition: TopicPartition) throws(KafkaError) -> Bool {
    guard let member, member.unanswered.isEmpty, member.news.isEmpty else { return false }
    if fetches.removeValue(forKey: partition) != nil { withdrawn.insert(partition) }
    try acted("withdraw \(partition)")
    return true
  }

  func commit(_ next: [TopicPartition: Offset]) throws(KafkaError) {
    try requireBroker()
  }

  func cleanupPolicy() throws(KafkaError) -> CleanupPolicy {
    try requireBroker()
    try acted("cleanup policy")
    return .known(world.scenario.isCompacted ? "compact" : "delete")
  }

  func hasTransactions(in partition: TopicPartition, from first: Offset, to next: Offset) throws(KafkaError) -> Bool {
    try requireBroker()
    try acted("transactions in \(partition) from \(first) to \(next)")
    return !world.scenario.isCompacted
  }

  func watermarkOffsets(of partition: TopicPartition) throws(KafkaError) -> WatermarkOffsets {
    try requireBroker()
    let offsets = WatermarkOffsets(
      low: log.low[partition.index], high: log.high(partition, now: world.now))
    try acted("watermarks \(partition)")
    return offsets
  }

  func consume(timeoutMilliseconds: Int32) throws(KafkaError) -> RecordBatch? {
    guard incarnation.isAlive else { throw KafkaError(code: "_DESTROY", message: "the process is gone", isFatal: true) }
    if world.strikes(world.scenario.brokerFault) {
      throw KafkaError(code: "_TIMED_OUT", message: "no answer", isRetriable: true)
    }
    var count = 0
    if !broker.isDown {
      var partitions = fetches.keys.sorted()
      if partitions.count > 1 { partitions.shuffle(using: &world.random) }
      for partition in partitions { fetch(partition, &count) }
    }
    guard count > 0 else {
      let wait = Int64(timeoutMilliseconds) * millisecond * world.random.within(1...world.scenario.idleness)
      incarnation.sleep(wait)
      return nil
    }
    let batch = UnsafeMutableBufferPointer(rebasing: records[..<count])
    try acted(
      "consume " + batch.map { "\($0.partition):\($0.offset)" }.joined(separator: " "))
    return RecordBatch(records: batch) {}
  }

  private func fetch(_ partition: TopicPartition, _ count: inout Int) {
    guard var fetch = fetches[partition] else { return }
    let entries = log.partitions[partition.index]
    var index = log.index(partition, from: fetch.position)
    if !fetch.isFresh {
      if world.strikes(world.scenario.repeated) {
        index -= world.random.within(0...min(index, 5))
        world.reached(.repeatedRecords)
      }
      if world.strikes(world.scenario.skipped) {
        index += world.random.within(1...3)
        world.reached(.skippedRecords)
      }
    }
    let wanted = world.random.within(0...records.count - count)
    let end = min(entries.count, index + wanted)
    while index < end, count < records.count, entries[index].arrival <= world.now {
      if entries[index].offset >= log.low[partition.index] {
        records.initializeElement(
          at: count, to: log.record(partition, entries[index], sourceIndex: Int32(count)))
        count += 1
      }
      fetch.position = entries[index].offset + 1
      fetch.isFresh = false
      if world.strikes(world.scenario.repeated) {
        world.reached(.repeatedRecords)
      } else {
        index += 1
      }
    }
    fetches[partition] = fetch
  }
}
