import Events
import Kafka
import Testing

// What holds for the in-process broker and for a real Kafka alike; the suites call these.

func checkRoundTrip(_ bootstrapServers: String, topic: String) throws {
  let configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
  let producer = try KafkaProducer(configuration: configuration)
  let headers = [
    RecordHeader(name: "trace", value: [1, 0, 2]), RecordHeader(name: "trace", value: []),
    RecordHeader(name: "none", value: nil),
  ]
  try producer.sendText(topic, 0, key: "a", value: "first", timestamp: 1_700_000_000_123, headers: headers)
  try producer.sendText(topic, 0, key: nil, value: "no key", timestamp: 5)
  try producer.sendText(topic, 0, key: "gone", value: nil)
  try producer.sendText(topic, 0, key: "", value: "")
  try producer.settle()
  #expect(producer.delivered == 4)
  #expect(producer.acknowledgedOffsets(topic: topic) == [0: 3])

  let consumer = try KafkaConsumer(configuration: configuration, topic: topic, group: "round-trip-\(topic)")
  try consumer.assign([0: KafkaConsumer.earliest].of(topic: topic))
  var seen: [Seen] = []
  var timestamps: [Int64] = []
  var read: [[RecordHeader]] = []
  try until("four records") {
    guard let batch = try consumer.consume(timeoutMilliseconds: 100) else { return false }
    for record in batch.records {
      seen.append(Seen(record))
      timestamps.append(record.timestampMilliseconds)
      read.append(batch.headers(of: record))
    }
    return seen.count >= 4
  }
  #expect(
    seen == [
      Seen(partition: 0, offset: 0, key: "a", value: "first"),
      Seen(partition: 0, offset: 1, key: nil, value: "no key"),
      Seen(partition: 0, offset: 2, key: "gone", value: nil),
      Seen(partition: 0, offset: 3, key: "", value: ""),
    ])
  #expect(timestamps.prefix(2) == [1_700_000_000_123, 5])
  #expect(timestamps.count == 4 && timestamps[3] > 1_700_000_000_000)
  #expect(read == [headers, [], [], []])
}

/// Two members share four partitions, one leaves, and every record is seen once, in order, across the moves.
func checkRebalance(_ bootstrapServers: String, topic: String, sessionTimeoutMilliseconds: Int) throws {
  var settings = KafkaConsumerSettings()
  settings.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
  let partitions: [Int32] = [0, 1, 2, 3]
  let positions = Positions()
  let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers))
  for partition in partitions { try producer.fill(topic, partition: partition, 0..<500) }

  let first = try Member(
    "first", bootstrapServers, topic: topic, group: "g-\(topic)", positions: positions, settings: settings)
  try until("the first member to read all") {
    try first.step()
    return positions.seen.count == 2_000
  }
  #expect(first.assignment == partitions)

  let second = try Member(
    "second", bootstrapServers, topic: topic, group: "g-\(topic)", positions: positions, settings: settings)
  try until("the partitions to be shared") {
    try first.step()
    try second.step()
    return first.assignment.count == 2 && second.assignment.count == 2
  }
  #expect((first.assignment + second.assignment).sorted() == partitions)
  let given = second.assignment
  let revoked = try #require(positions.journal.firstIndex(of: "first revoke \(given)"))
  let assigned = try #require(positions.journal.firstIndex(of: "second assign \(given)"))
  #expect(revoked < assigned, "a partition is given only after it was released")

  for partition in partitions { try producer.fill(topic, partition: partition, 500..<1_000) }
  try until("both members to read on") {
    try first.step()
    try second.step()
    return positions.seen.count == 4_000
  }

  first.consumer.close()
  for partition in partitions { try producer.fill(topic, partition: partition, 1_000..<1_500) }
  try until("the second member to take over") {
    try second.step()
    return positions.seen.count >= 6_000
  }
  #expect(second.assignment == partitions)
  for partition in partitions {
    #expect(
      positions.seen.filter { $0.partition == partition }.map(\.value) == (0..<1_500).map(String.init),
      "partition \(partition)")
  }
  second.consumer.close()
}

/// Re-reads one of two partitions again and again, at chosen moments of its delivery.
func checkReread(_ bootstrapServers: String, topic: String) throws {
  let configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
  let producer = try KafkaProducer(configuration: configuration)
  let count = 20_000
  for partition: Int32 in [0, 1] { try producer.fill(topic, partition: partition, 0..<count) }
  var settings = KafkaConsumerSettings()
  settings.batchSize = 700
  let consumer = try KafkaConsumer(
    configuration: configuration, topic: topic, group: "reread-\(topic)", settings: settings)
  try consumer.assign([0: 0, 1: 0].of(topic: topic))
  var expected: [Int32: Offset] = [0: 0, 1: 0]
  var rereads = 0
  try until("both partitions to the end") {
    guard let batch = try consumer.consume(timeoutMilliseconds: 50) else {
      return expected.values.allSatisfy { $0 == Offset(count) }
    }
    for record in batch.records {
      #expect(record.offset == expected[record.partition])
      expected[record.partition] = record.offset + 1
    }
    if rereads < 25, expected[0, default: 0] > 1_000 {
      rereads += 1
      let back = expected[0, default: 0] - 900
      let isAccepted = try consumer.reread(TopicPartition(topic: topic, partition: 0), from: back)
      #expect(isAccepted)
      expected[0] = back
    }
    return false
  }
  #expect(rereads == 25)
}

func checkCommit(_ bootstrapServers: String, topic: String) throws {
  let configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
  let admin = try KafkaAdmin(configuration: configuration)
  let group = "commit-\(topic)"
  let producer = try KafkaProducer(configuration: configuration)
  try producer.fill(topic, partition: 1, 0..<10)
  let member = try Member("m", bootstrapServers, topic: topic, group: group, positions: Positions())
  try until("the ten records") {
    try member.step()
    return member.positions.seen.count == 10
  }
  try member.consumer.commit([1: 7].of(topic: topic))
  member.consumer.close()
  #expect(try admin.committedOffsets(group: group, topic: topic) == [1: 7])
  #expect(try admin.committedOffsets(group: "nobody", topic: topic) == [:])
  #expect(try admin.watermarkOffsets(topic: topic, partition: 1) == WatermarkOffsets(low: 0, high: 10))
}
