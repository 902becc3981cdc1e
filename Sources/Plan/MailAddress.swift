/// A mailbox of RFC 5322 as people write it: `alerts@example.org` or `Alerts <alerts@example.org>`.
///
/// Of addresses only those without quotes and comments are taken, which are all that are in use.
public struct MailAddress: Hashable, Sendable {
  /// Empty: none is shown.
  public let name: String
  public let address: String

  /// nil for what is none.
  public init?(_ text: String) {
    var (name, address) = ("", Substring(text))
    if let open = text.lastIndex(of: "<"), text.hasSuffix(">") {
      name = String(text[..<open].reversed().drop { $0 == " " }.reversed())
      address = text[text.index(after: open)...].dropLast()
    }
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, address.utf8.count <= 254,
      address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !Self.forbidden.contains($0) }),
      name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && !"\"<>".utf8.contains($0) })
    else { return nil }
    self.name = name
    self.address = String(address)
  }

  private static let forbidden = Set("()<>[]:;\\,\"".utf8)
}
