import Configuration

/// Where to send: the configured broker, else that of the running `streampulse up`, which leaves its address in the
/// data folder.
func findBroker(_ configuration: Configuration) throws -> String {
  if let servers = configuration.kafka.bootstrapServers { return servers }
  let key = SettingKey.kafkaBootstrapServers
  if let servers = try configuration.valueOfRunning(key) { return servers }
  throw GeneratorError(
    "no broker: set \(key.rawValue), or start everything with \"streampulse up\" "
      + "(there is no \(configuration.dataDirectory)/env); "
      + "--dry-run needs none")
}
