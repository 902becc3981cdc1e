import HTTPClient

/// Where a schema registry is, and how it is asked.
public struct RegistrySettings: Sendable {
  /// Of one registry, without a user and without a slash at the end; tried in this order.
  public var addresses: [String]
  public var http: HTTPClientSettings

  public init(addresses: [String], http: HTTPClientSettings = HTTPClientSettings()) {
    self.addresses = addresses.map { address in
      var address = address[...]
      while address.hasSuffix("/") { address.removeLast() }
      return String(address)
    }
    self.http = http
  }

  /// For messages.
  public var description: String { addresses.joined(separator: ", ") }
}
