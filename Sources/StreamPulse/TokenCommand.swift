import Access
import Configuration

/// `streampulse token`
func token(_ parsed: ParsedCommand) throws -> Int32 {
  let scopes = (parsed.string("scopes") ?? AccessScope.read.rawValue).split(separator: "+")
    .map { AccessScope(rawValue: String($0)) }
  guard !scopes.isEmpty, !scopes.contains(nil) else {
    throw parsed.error(
      "--scopes does not take \(parsed.string("scopes") ?? "")",
      hint: "write some of read, write and admin, such as read+write")
  }
  do throws(AccessTokenError) {
    let made = try AccessToken.make(
      name: parsed.positional.first ?? "", scopes: Set(scopes.compactMap { $0 }), expires: parsed.string("expires"))
    print("token  \(made.secret)\nentry  \(made.token.entry)")
    return 0
  } catch {
    throw parsed.error("no token can be made: \(error)")
  }
}
