import CRdKafka
import Events

extension KafkaAdmin {
  /// The first offset of each partition whose record has this time or a later one; nil: all records are older.
  ///
  /// The embedded broker does not know: there it is the first that is held.
  public func offsets(
    of topic: String, partitions: [Int32], since milliseconds: Int64, timeoutMilliseconds: Int32 = 10_000
  ) throws(KafkaError) -> [Int32: Offset?] {
    var found: [Int32: Offset?] = [:]
    if try clusterIdentity(timeoutMilliseconds: timeoutMilliseconds).isEmbedded {
      for partition in partitions {
        found[partition] = try watermarkOffsets(topic: topic, partition: partition).low
      }
      return found
    }
    let list = PartitionList(topic: topic, partitions)
    for index in 0..<Int(list.pointer.pointee.cnt) { list.pointer.pointee.elems[index].offset = max(0, milliseconds) }
    try KafkaError.check(rd_kafka_offsets_for_times(client.pointer, list.pointer, timeoutMilliseconds))
    for element in elements(list.pointer) {
      try KafkaError.check(element.err)
      // What is behind the last record is written as a negative number.
      found[element.partition] = .some(element.offset < 0 ? nil : element.offset)
    }
    return found
  }
}
