import Configuration

/// `streampulse alerts notify-test`
func alerts(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let action = parsed.positional[0]
  let names = Array(parsed.positional.dropFirst())
  guard action == "notify-test" else { throw parsed.error("alerts cannot \(action)", hint: "it can notify-test") }
  guard names.count == 1 else {
    throw parsed.error("notify-test takes one target", hint: "write streampulse alerts notify-test TARGET")
  }
  return try notifyTest(context, parsed, target: names[0])
}
