import Testing

/// The statement that a held partition's message gives as the way on.
func wayOn(_ message: String) throws -> String {
  let start = try #require(message.indices.first { message[$0...].hasPrefix("SELECT pulse.") })
  return message[start...].prefix { $0 != ")" } + ")"
}
