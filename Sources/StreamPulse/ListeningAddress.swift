import Configuration
import HTTPServer

/// Where a command listens, and which settings say so.
struct ListeningAddress {
  var host: String
  var port: Int
  var hostKey: SettingKey
  var portKey: SettingKey

  /// Of the API; fails, too, when its certificate cannot be used.
  static func checkAPI(_ settings: Configuration.API) throws {
    try api(settings).check()
    _ = try ServedCertificate.read(settings)
  }

  static func api(_ settings: Configuration.API) -> ListeningAddress {
    ListeningAddress(host: settings.host, port: settings.port, hostKey: .apiHost, portKey: .apiPort)
  }

  /// Where this machine asks what listens there in plain HTTP; where it listens everywhere, over loopback.
  var url: String {
    let host = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  /// nil when no port is to be opened.
  static func metrics(_ settings: Configuration.Engine) -> ListeningAddress? {
    settings.metricsPort.map {
      ListeningAddress(host: settings.metricsHost, port: $0, hostKey: .metricsHost, portKey: .metricsPort)
    }
  }

  /// Fails when nobody could listen there now: to be asked before anything slow is started, since a port in use is the
  /// commonest thing to be wrong.
  func check() throws {
    try listening { () throws(HTTPServerError) in
      try HTTPServer.checkAddress(host: host, port: UInt16(clamping: port))
    }
  }

  /// Runs what listens there; an address that cannot be had is a wrong setting.
  func listening<Value>(_ body: () throws(HTTPServerError) -> Value) throws -> Value {
    do throws(HTTPServerError) {
      return try body()
    } catch {
      throw configurationError(error) ?? error
    }
  }

  private func configurationError(_ error: HTTPServerError) -> ConfigurationError? {
    switch error {
    case .invalidHost, .addressNotAvailable:
      ConfigurationError(
        location: hostKey.rawValue, message: error.description,
        hint: "set \(hostKey.rawValue) to an address of this machine")
    case .addressInUse:
      ConfigurationError(
        location: portKey.rawValue, message: "port \(port) is in use",
        hint: "set \(portKey.rawValue), or stop what uses it")
    case .permissionDenied:
      ConfigurationError(
        location: portKey.rawValue, message: error.description, hint: "set \(portKey.rawValue) to 1024 or more")
    case .system, .notStarted: nil
    }
  }
}
