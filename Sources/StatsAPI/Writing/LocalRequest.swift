import HTTPServer

extension HTTPRequest {
  /// Whether nobody else asks: a proxy on this machine asks for others, and says so.
  var isFromThisMachine: Bool {
    remoteAddress.isLoopback
      && ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"].allSatisfy { header($0) == nil }
  }

  /// Whether somebody on this machine asks, and no page of another origin has made a browser do so. The name that the page
  /// was found by must be this machine's own: another may have been made to mean it (DNS rebinding).
  ///
  /// - Parameter isAllowed: whether pages of the header's origin may use the API.
  func isLocalIntent(allowing isAllowed: Bool) -> Bool {
    guard isFromThisMachine, let host = header("Host"), Self.isLocal(host: host) else { return false }
    guard let origin = header("Origin") else { return true }
    return isAllowed || ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
  }

  private static func isLocal(host: String) -> Bool {
    var name = host.lowercased()[...]
    if name.hasPrefix("[") {
      return name.hasPrefix("[::1]")
    }
    if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
    guard name != "localhost" else { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
