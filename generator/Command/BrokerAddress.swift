import Configuration

/// Where to send: the configured broker, else that of the running `streampulse up`, which leaves its address in the
/// data folder.
func findBroker(_ configuration: Configuration) throws -> String {
  if let servers = configuration.kafka.bootstrapServers { return servers }
  let path = configuration.dataDirectory + "/env"
  let key = SettingKey.kafkaBootstrapServers.rawValue
  if let entry = try EnvironmentFile.read(path)?.entries.last(where: { $0.key == key }) { return entry.value }
  throw GeneratorError(
    "no broker: set \(key), or start everything with \"streampulse up\" (there is no \(path)); "
      + "--dry-run needs none")
}
