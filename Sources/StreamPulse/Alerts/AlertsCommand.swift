import Configuration
import Glibc
import JSON
import Office
import Plan
import Postgres
import Project
import Storage
import TextFiles

/// `streampulse alerts list|show|ack|silence|unsilence|backtest|notify-test`
func alerts(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let actions = ["list", "show", "ack", "silence", "unsilence", "backtest", "notify-test"]
  let action = parsed.positional[0]
  guard actions.contains(action) else {
    throw parsed.error("alerts cannot \(action)", hint: "it can \(actions.joined(separator: ", "))")
  }
  if action == "notify-test" {
    let names = Array(parsed.positional.dropFirst())
    guard names.count == 1 else {
      throw parsed.error("notify-test takes one target", hint: "write streampulse alerts notify-test TARGET")
    }
    return try notifyTest(context, parsed, target: names[0])
  }
  let project = try context.loadProject()
  let connection = try PostgresConnection(context.database().with("application_name", "streampulse alerts"))
  defer { connection.close() }
  try Migrator.verify(project, as: context.projectName(), connection)
  Signals.unblockAll()
  let command = AlertsCommand(
    project: project, parsed: parsed, connection: connection, listing: try AlertListing(connection))
  switch action {
  case "list": return try command.list()
  case "show": return try command.show()
  case "ack": return try command.acknowledge()
  case "silence": return try command.silence()
  case "unsilence": return try command.unsilence()
  default: return try command.backtest()
  }
}

private struct AlertsCommand {
  let project: Project
  let parsed: ParsedCommand
  let connection: PostgresConnection
  let listing: AlertListing

  private var words: [String] { Array(parsed.positional.dropFirst()) }

  /// Who does it: what --as says, else the user of this machine.
  private var who: String {
    if let name = parsed.string("as") { return name }
    return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "unknown"
  }

  func list() throws -> Int32 {
    guard words.isEmpty else { throw parsed.error("list takes no ID", hint: "show does") }
    let limit = try parsed.integer("limit", in: 1...1_000_000) ?? 20
    let states = ["firing", "resolved", "all"]
    let state = parsed.string("state") ?? "all"
    guard states.contains(state) else {
      throw parsed.error("--state: there is no state \(state)", hint: "states are \(states.joined(separator: ", "))")
    }
    let chosen = state == "all" ? nil : state
    if parsed.flag("json") {
      for document in try listing.documents(state: chosen, limit: limit) { print(document) }
      return 0
    }
    let (lines, total) = try listing.lines(state: chosen, limit: limit)
    if !lines.isEmpty { print(AlertText.table(lines)) }
    let all = counted(total, state == "all" ? "alert" : "\(state) alert")
    print(lines.count < total ? "the newest \(lines.count) of \(all)" : all)
    for silence in try listing.silences() { print(AlertText.line(silence)) }
    return 0
  }

  func show() throws -> Int32 {
    for id in try ids() {
      guard let document = try listing.document(id) else { throw missing(id) }
      print(parsed.flag("json") ? document : AlertText.page(document))
    }
    return 0
  }

  func acknowledge() throws -> Int32 {
    for id in try ids() {
      guard try listing.acknowledge(id, by: who) else { throw missing(id) }
      print("alert \(id) is acknowledged")
    }
    return 0
  }

  func silence() throws -> Int32 {
    guard let length = parsed.string("for") else {
      throw parsed.error("--for is missing", hint: "say how long, e.g. --for '2 hours'")
    }
    var members: [JSONMember] = []
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw parsed.error(
          "\"\(word)\" is no member of a key",
          hint: "write NAME=VALUE, e.g. shop=Berlin, alert_type=HIGH_ERROR_RATE or severity=WARNING")
      }
      members.append(JSONMember(parts[0], .string(parts[1])))
    }
    guard !members.isEmpty || parsed.flag("all") else {
      throw parsed.error("nothing says which alerts", hint: "write NAME=VALUE, e.g. shop=Berlin, or say --all")
    }
    let silence: (id: Int64, until: String)
    do throws(PostgresError) {
      silence = try listing.silence(
        JSONValue.object(members).text, for: length, every: parsed.string("every"), by: who,
        comment: parsed.string("comment") ?? "")
    } catch {
      guard let state = error.sqlstate, state.hasPrefix("22") || state == "23514" else { throw error }
      throw parsed.error(
        "--for and --every take lengths of time from now on", hint: "write them like '2 hours' or '1 day'")
    }
    print("silence \(silence.id) until \(silence.until) UTC")
    return 0
  }

  func unsilence() throws -> Int32 {
    for id in try ids() {
      guard try listing.unsilence(id, by: who) else {
        throw parsed.error("there is no silence \(id) that goes on", hint: "streampulse alerts list shows them")
      }
      print("silence \(id) has ended")
    }
    return 0
  }

  func backtest() throws -> Int32 {
    guard words.count == 1 else {
      throw parsed.error("backtest takes one FILE", hint: "e.g. sql/alerts/slow_downloads.sql")
    }
    guard let from = parsed.string("from") else {
      throw parsed.error("--from is missing", hint: "write --from '2 days' or --from 2026-01-31T12:00:00Z")
    }
    let start: Int64
    let end: Int64
    do throws(PostgresError) {
      start = try listing.time(from)
      end = try listing.time(parsed.string("until") ?? "0 seconds")
    } catch {
      guard error.sqlstate?.hasPrefix("22") == true else { throw error }
      throw parsed.error(
        "--from and --until take a time, or how long ago it was",
        hint: "write them like '2 days' or 2026-01-31T12:00:00Z")
    }
    guard start < end else { throw parsed.error("--from is not before --until") }
    try connection.execute("SET default_transaction_read_only = on")
    let files = [words[0]] + [parsed.string("compare")].compactMap { $0 }
    for file in files {
      guard let text = try TextFile.read(file) else { throw parsed.error("there is no file \(file)") }
      let alert = try project.alert(text, path: file)
      let report = try Backtest(alert, connection).run(from: start, until: end)
      if files.count > 1 { print("\(file):") }
      print(AlertText.report(report, of: alert))
      flushOutput()
    }
    return 0
  }

  private func ids() throws -> [Int64] {
    guard !words.isEmpty else { throw parsed.error("ID is missing: \(parsed.positional[0]) needs at least one") }
    return try words.map { word in
      guard let id = Int64(word) else {
        throw parsed.error("\"\(word)\" is no ID", hint: "streampulse alerts list shows them")
      }
      return id
    }
  }

  private func missing(_ id: Int64) -> UsageError {
    parsed.error("there is no alert \(id)", hint: "see streampulse alerts list")
  }
}
