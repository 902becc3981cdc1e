import CRdKafka
import Events

/// Owns one `rd_kafka_topic_partition_list_t`: partitions, with offsets.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(topic: String, _ partitions: some Collection<Int32>) {
    pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
    for partition in partitions { rd_kafka_topic_partition_list_add(pointer, topic, partition) }
  }

  init(_ partitions: some Collection<TopicPartition>) {
    pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
    for partition in partitions { rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition) }
  }

  init(_ offsets: [TopicPartition: Offset]) {
    pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
    for (partition, offset) in offsets {
      rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition).pointee.offset = offset
    }
  }

  deinit {
    rd_kafka_topic_partition_list_destroy(pointer)
  }
}

/// The elements of a list that librdkafka owns.
func elements(
  _ list: UnsafePointer<rd_kafka_topic_partition_list_t>
) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
  UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
}
