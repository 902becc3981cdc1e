import Plan

/// What Flink can keep of a stream's dead letters: documents that are no JSON objects go to the stream's own topic of them.
///
/// Flink's format passes over them without a word, so the topic is read a second time, as it is.
struct FlinkDeadLetters {
  let source: String
  let sink: String
  let insert: String

  /// nil: the stream has no such topic, or its format says nothing of what is wrong.
  init?(_ definition: StreamDefinition) {
    guard let topic = definition.deadLetterTopic, definition.format == .json else { return nil }
    let raw = FlinkText.identifier(definition.name + "_raw")
    let letters = FlinkText.identifier(definition.name + "_dead_letters")
    source = """
      CREATE TEMPORARY TABLE \(raw) (
        `payload` BYTES
      ) WITH (
        'connector' = 'kafka', 'topic' = \(FlinkText.literal(definition.topic)),
        'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}', 'properties.group.id' = '${FLINK_GROUP_ID}',
        'scan.startup.mode' = 'earliest-offset',
        'format' = 'raw'
      );
      """
    sink = """
      CREATE TEMPORARY TABLE \(letters) (
        `payload` BYTES
      ) WITH (
        'connector' = 'kafka', 'topic' = \(FlinkText.literal(topic)),
        'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}',
        'format' = 'raw'
      );
      """
    insert = """
      INSERT INTO \(letters)
      SELECT `payload`
      FROM \(raw)
      WHERE CAST(`payload` AS STRING) IS NOT JSON OBJECT;
      """
  }
}
