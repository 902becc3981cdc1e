import CRdKafka
import Glibc
import Threads

/// What librdkafka's callbacks find behind the client's opaque pointer.
///
/// The pointer is unretained: `ClientHandle` keeps the context alive until `rd_kafka_destroy` has returned, after which
/// no callback runs any more.
class ClientContext {
  /// Read by librdkafka's threads; never changed.
  let log: (@Sendable (KafkaLogLine) -> Void)?
  let faults = ConnectionFaults(librdkafka: rd_kafka_version())

  init(log: (@Sendable (KafkaLogLine) -> Void)?) {
    self.log = log
  }
}

/// The context of a client in one of its callbacks; `type` is what the client was made with.
func clientContext<Context: ClientContext>(_ opaque: UnsafeMutableRawPointer?, as type: Context.Type) -> Context? {
  opaque.map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
}

/// Owns one `rd_kafka_t`.
///
/// librdkafka allows every call on a client from every thread; which of our types may be shared is said by those types.
final class ClientHandle {
  let pointer: OpaquePointer
  private let context: ClientContext
  var faults: ConnectionFaults { context.faults }
  private var isLeaked = false

  /// - Parameters:
  ///   - defaults: properties that the user's replace.
  ///   - required: properties that the user may repeat but not change.
  ///   - connects: false for the client that only carries the in-process broker.
  ///   - callbacks: sets the callbacks of the configuration object.
  init(
    _ kind: rd_kafka_type_t, _ configuration: KafkaConfiguration, defaults: [(String, String)] = [],
    required: [(String, String)] = [], connects: Bool = true, context: ClientContext? = nil,
    callbacks: (OpaquePointer) -> Void = { _ in }
  ) throws(KafkaError) {
    self.context = context ?? ClientContext(log: configuration.log)
    guard let conf = rd_kafka_conf_new() else { throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
    do throws(KafkaError) {
      for (name, value) in commonDefaults + defaults { try set(conf, name, value) }
      // Without a log closure, librdkafka prints to standard error what its own level lets through.
      if configuration.log == nil { try set(conf, "log_level", String(KafkaLogLevel.warning.rawValue)) }
      for (name, value) in configuration.properties {
        if let needed = required.first(where: { $0.0 == name }), needed.1 != value {
          throw KafkaError(
            RD_KAFKA_RESP_ERR__INVALID_ARG, "\(name) must be \(needed.1): exactly-once delivery rests on it")
        }
        try set(conf, name, value)
      }
      for (name, value) in required { try set(conf, name, value) }
      if connects {
        guard !configuration.bootstrapServers.isEmpty else {
          throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "no bootstrap servers")
        }
        try set(conf, "bootstrap.servers", configuration.bootstrapServers)
      }
    } catch {
      rd_kafka_conf_destroy(conf)
      throw error
    }
    rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self.context).toOpaque())
    if configuration.log != nil { rd_kafka_conf_set_log_cb(conf, forwardLog) }
    // A library without TLS has nothing to be verified.
    _ = rd_kafka_conf_set_ssl_cert_verify_cb(conf, certificateVerified)
    callbacks(conf)

    var message = [CChar](repeating: 0, count: 512)
    guard let pointer = rd_kafka_new(kind, conf, &message, message.count) else {
      rd_kafka_conf_destroy(conf)
      throw KafkaError(rd_kafka_last_error(), configuration.explained(text(message)))
    }
    self.pointer = pointer
  }

  deinit {
    if !isLeaked { Remains(pointer: pointer, context: context).destroy() }
  }

  /// Leaves the client and its context in memory for good, where destroying it would abort the process.
  func leak() {
    guard !isLeaked else { return }
    isLeaked = true
    _ = Unmanaged.passRetained(context)
  }
}

/// A client that nobody uses any more.
///
/// `@unchecked Sendable`: made in the last moment of the handle's life and given to the one thread that destroys it;
/// of the context only the log closure, which is `Sendable`, is used beside that.
private struct Remains: @unchecked Sendable {
  let pointer: OpaquePointer
  /// Callbacks may use it until the client is gone, however long that takes.
  let context: ClientContext

  /// Destroys the client, or leaves it behind when that takes too long.
  ///
  /// `rd_kafka_destroy` (2.0) never returns after a topic was deleted whose partitions were being fetched: its partitions
  /// stay with their broker's thread, which waits for them, and everybody for that thread. So a thread of our own waits.
  /// What stays then is a few idle threads of a client that has left its group.
  func destroy() {
    let isGone = Monitor(false)
    do {
      _ = try WorkerThread(name: "kafka-destroy") {
        rd_kafka_destroy(pointer)
        withExtendedLifetime(context) {}
        isGone.update { $0 = true }
      }
    } catch {
      // No thread for it: a client left behind does less harm than a caller that never returns.
      _ = Unmanaged.passRetained(context)
      return
    }
    let end = isGone.wait(timeoutMilliseconds: destroyTimeoutMilliseconds) { $0 ? true : nil }
    guard end == nil else { return }
    let seconds = destroyTimeoutMilliseconds / 1000
    context.log?(
      KafkaLogLine(
        level: .warning, facility: "DESTROY",
        message: "librdkafka did not end a client within \(seconds) s; its idle threads stay"))
  }
}

/// Ending a client takes milliseconds.
private let destroyTimeoutMilliseconds = 5_000

let commonDefaults = [
  ("client.id", "streampulse"),
  ("socket.nagle.disable", "true"),
  ("socket.keepalive.enable", "true"),
  // A broker that wants another protocol closes the connection, and only this says so; `ConnectionFaults` drops the rest.
  ("log.connection.close", "true"),
  ("reconnect.backoff.max.ms", "1000"),
]

extension KafkaConfiguration {
  /// librdkafka names the property and what OpenSSL thinks of it, but neither the file nor what is wrong with that.
  fileprivate func explained(_ message: String) -> String {
    guard let end = message.firstRange(of: " failed: "), !message[..<end.lowerBound].contains(" "),
      let path = properties.last(where: { $0.name == message[..<end.lowerBound] && $0.name.hasSuffix(".location") })
    else { return message }
    let problem =
      access(path.value, R_OK) == 0
      ? "it holds nothing that can be used, or wants another ssl.key.password" : String(cString: strerror(errno))
    return "\(path.name) \(path.value): \(problem)"
  }
}

private func set(_ conf: OpaquePointer, _ name: String, _ value: String) throws(KafkaError) {
  var message = [CChar](repeating: 0, count: 512)
  guard rd_kafka_conf_set(conf, name, value, &message, message.count) == RD_KAFKA_CONF_OK else {
    throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, text(message))
  }
}

private func text(_ buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Runs on librdkafka's threads, at any time between `rd_kafka_new` and the return of `rd_kafka_destroy`.
private let forwardLog: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void = {
  client, level, facility, message in
  guard let context = clientContext(rd_kafka_opaque(client), as: ClientContext.self), let log = context.log else {
    return
  }
  let facility = facility.map { String(cString: $0) } ?? ""
  var text = message.map { String(cString: $0) } ?? ""
  switch context.faults.judge(facility: facility, text) {
  case .drop: return
  case .say(let fault): text = fault
  case .pass: break
  }
  log(KafkaLogLine(level: KafkaLogLevel(rawValue: level) ?? .debug, facility: facility, message: text))
}

/// Runs on librdkafka's threads, once for each certificate of a chain. Refuses what OpenSSL has refused, and nothing else.
private let certificateVerified:
  @convention(c) (
    OpaquePointer?, UnsafePointer<CChar>?, Int32, UnsafeMutablePointer<Int32>?, Int32, UnsafePointer<CChar>?, Int,
    UnsafeMutablePointer<CChar>?, Int, UnsafeMutableRawPointer?
  ) -> Int32 = { _, _, _, error, _, _, _, message, size, opaque in
    guard let error, error.pointee == 0 else {
      clientContext(opaque, as: ClientContext.self)?.faults.verified(error?.pointee ?? -1)
      if let message, size > 0 { message.pointee = 0 }
      return 0
    }
    return 1
  }
