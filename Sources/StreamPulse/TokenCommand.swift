import Access
import Configuration

/// `streampulse token`
func token(_ parsed: ParsedCommand) throws -> Int32 {
  do throws(AccessTokenError) {
    let made = try AccessToken.make(
      name: parsed.positional.first ?? "", scopes: [.read], expires: parsed.string("expires"))
    print("token  \(made.secret)\nentry  \(made.token.entry)")
    return 0
  } catch {
    throw parsed.error("no token can be made: \(error)")
  }
}
