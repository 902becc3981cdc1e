import Access
import Configuration
import Threads

/// `streampulse token`
func token(_ parsed: ParsedCommand) throws -> Int32 {
  let scopes = (parsed.string("scopes") ?? AccessScope.read.rawValue).split(separator: "+")
    .map { AccessScope(rawValue: String($0)) }
  guard !scopes.isEmpty, !scopes.contains(nil) else {
    throw parsed.error(
      "--scopes does not take \(parsed.string("scopes") ?? "")",
      hint: "write some of read, write and admin, such as read+write")
  }
  let made: (secret: String, token: AccessToken)
  do throws(AccessTokenError) {
    made = try AccessToken.make(
      name: parsed.positional.first ?? "", scopes: Set(scopes.compactMap { $0 }), expires: parsed.string("expires"))
  } catch {
    throw parsed.error("no token can be made: \(error)")
  }
  if let expiry = made.token.expiry, expiry <= Clock.wall() / 1_000_000 {
    throw parsed.error(
      "--expires \(parsed.string("expires") ?? "") is over already",
      hint: "a token ends with the beginning of that day in UTC; write a later one")
  }
  print("token  \(made.secret)\nentry  \(made.token.entry)")
  return 0
}
