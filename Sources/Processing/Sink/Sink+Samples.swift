import Postgres

extension Sink {
  /// Writes samples to `event_log`, unless the partition's former owner has just written one.
  func log(_ samples: [SampledEvent], _ cluster: String) -> Statement {
    var topics = PostgresArray(.text)
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    var recordTimes = PostgresArray(.timestamptz)
    var eventTimes = PostgresArray(.timestamptz)
    var watermarks = PostgresArray(.timestamptz)
    var documents = PostgresArray(.jsonb)
    var times = PostgresArray(.timestamptz)
    for sample in samples {
      topics.append(sample.partition.topic)
      partitions.append(Int64(sample.partition.partition))
      offsets.append(sample.offset)
      recordTimes.append(sample.recordTimestamp)
      eventTimes.append(sample.eventTime)
      watermarks.append(sample.watermark)
      sample.document.withUnsafeBufferPointer { documents.append(bytes: $0) }
      times.append(sample.sampledAt)
    }
    return Statement(
      name: "samples",
      sql: """
        INSERT INTO event_log (stream, cluster, topic, partition, record_offset, record_timestamp, event_time, watermark,
          event, sampled_at)
        SELECT $1, $2, d.* FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
          $8::timestamptz[], $9::jsonb[], $10::timestamptz[])
          AS d (topic, partition, record_offset, record_timestamp, event_time, watermark, event, sampled_at)
        WHERE NOT EXISTS (
          SELECT FROM event_log AS e
          WHERE (e.stream, e.cluster, e.topic, e.partition) = ($1, $2, d.topic, d.partition)
            AND e.sampled_at > d.sampled_at - make_interval(secs => $11) AND e.sampled_at <= d.sampled_at)
        """,
      parameters: [
        .text(stream), .text(cluster), .array(topics), .array(partitions), .array(offsets), .array(recordTimes),
        .array(eventTimes), .array(watermarks), .array(documents), .array(times),
        .doublePrecision(Double(sampleInterval) / 1_000_000),
      ])
  }
}
