import Postgres
import Storage

extension Sink {
  /// Writes dead letters, and into the outbox which of them are to be forwarded.
  func insert(_ letters: [DeadLetter], _ cluster: String, _ pulse: String) -> Statement {
    var topics = PostgresArray(.text)
    var partitions = PostgresArray(.integer)
    var offsets = PostgresArray(.bigint)
    var times = PostgresArray(.timestamptz)
    var keys = PostgresArray(.bytea)
    var values = PostgresArray(.bytea)
    var headers = PostgresArray(.jsonb)
    var codes = PostgresArray(.text)
    var reasons = PostgresArray(.text)
    var schemas = PostgresArray(.bigint)
    var aggregates = PostgresArray(.text)
    var windows = PostgresArray(.timestamptz)
    for letter in letters {
      topics.append(letter.partition.topic)
      partitions.append(Int64(letter.partition.partition))
      offsets.append(letter.offset)
      times.append(letter.timestampMicroseconds)
      keys.append(letter.key)
      values.append(letter.value)
      headers.append(letter.headersJSON)
      codes.append(letter.code.rawValue)
      reasons.append(storable(letter.reason))
      schemas.append(letter.schemaID.map(Int64.init))
      if let late = letter.late { aggregates.append(late.aggregate) } else { aggregates.appendNull() }
      windows.append(letter.late?.windowStart)
    }
    let insertion = """
      INSERT INTO dead_letters (stream, cluster, topic, partition, record_offset, record_timestamp, key, value, headers,
        code, reason, schema_id, aggregate, window_start)
      SELECT $1, $2, d.* FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::timestamptz[], $7::bytea[], $8::bytea[],
        $9::jsonb[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::timestamptz[]) AS d
      """
    let parameters: [PostgresParameter] = [
      .text(stream), .text(cluster), .array(topics), .array(partitions), .array(offsets), .array(times), .array(keys),
      .array(values), .array(headers), .array(codes), .array(reasons), .array(schemas), .array(aggregates),
      .array(windows),
    ]
    guard let deadLetterTopic else { return Statement(name: "dead letters", sql: insertion, parameters: parameters) }
    return Statement(
      name: "dead letters",
      sql: """
        WITH letters AS (\(insertion) RETURNING id)
        INSERT INTO \(pulse).outbox (letter, topic) SELECT id, $15 FROM letters
        """, parameters: parameters + [.text(deadLetterTopic)])
  }
}

extension PostgresArray {
  mutating func append(_ value: Int64?) {
    if let value { append(value) } else { appendNull() }
  }

  fileprivate mutating func append(_ bytes: [UInt8]?) {
    if let bytes { bytes.withUnsafeBufferPointer { append(bytes: $0) } } else { appendNull() }
  }
}
