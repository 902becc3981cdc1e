import Plan

/// What Flink can keep of a stream's dead letters: documents that are no JSON objects go to the stream's own topic of them.
///
/// Flink's format passes over them without a word, so the topic is read a second time, as it is.
struct FlinkDeadLetters {
  let source: String
  let sink: String
  let insert: String

  /// nil: the stream has no such topic, or its format says nothing of what is wrong.
  ///
  /// - Parameter beginning: what lies before its positions is in the topic already; nil: nothing is.
  init?(_ definition: StreamDefinition, beginning: FlinkBeginning?) {
    guard let topic = definition.deadLetterTopic, definition.format == .json else { return nil }
    let raw = FlinkText.identifier(definition.name + "_raw")
    let letters = FlinkText.identifier(definition.name + "_dead_letters")
    let options = FlinkBeginning.options(beginning?.positions).map {
      "\(FlinkText.literal($0.0)) = \(FlinkText.literal($0.1))"
    }
    source = """
      CREATE TEMPORARY TABLE \(raw) (
        `payload` BYTES
      ) WITH (
        'connector' = 'kafka', 'topic' = \(FlinkText.literal(beginning?.topic ?? definition.topic)),
        'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP_SERVERS}', 'properties.group.id' = '${FLINK_GROUP_ID}',
        \(options.joined(separator: ", ")),
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
