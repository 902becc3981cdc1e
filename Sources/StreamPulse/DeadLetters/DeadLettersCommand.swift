import Configuration
import Dataflow
import Observability
import Postgres
import Project
import Rebuild
import Registry
import Spelling
import Storage
import Threads

/// `streampulse dead-letters list|show|replay`
func deadLetters(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let action = parsed.positional[0]
  guard ["list", "show", "replay"].contains(action) else {
    throw parsed.error("dead-letters cannot \(action)", hint: "it can list, show and replay")
  }
  let project = try context.loadProject()
  let database = try context.database().with("application_name", "streampulse dead-letters")
  let connection = try PostgresConnection(database)
  defer { connection.close() }
  try Migrator.verify(project, as: context.projectName(), connection)
  let command = DeadLettersCommand(
    project: project, parsed: parsed, connection: connection, listing: try LetterListing(connection),
    schemas: { try context.schemaSource(database) }, limits: context.referenceLimits)
  switch action {
  case "list": return try command.list()
  case "show": return try command.show()
  default:
    try connection.refuseWhileHandedOver(project.streams.map(\.name))
    return try command.replay()
  }
}

private struct DeadLettersCommand {
  let project: Project
  let parsed: ParsedCommand
  let connection: PostgresConnection
  let listing: LetterListing
  let schemas: () throws -> SchemaSource?
  let limits: ReferenceLimits

  private var ids: [String] { Array(parsed.positional.dropFirst()) }

  func list() throws -> Int32 {
    guard ids.isEmpty else { throw parsed.error("list takes no ID", hint: "show does") }
    let limit = try parsed.integer("limit", in: 1...1_000_000) ?? 20
    let filter = try filter()
    if parsed.flag("json") {
      for document in try listing.documents(filter, limit: limit) { print(document) }
      return 0
    }
    let (lines, total) = try listing.lines(filter, limit: limit)
    if !lines.isEmpty { print(LetterText.table(lines)) }
    let (waiting, refused) = try listing.outbox()
    let all = counted(total, "dead letter")
    var summary = lines.count < total ? "the newest \(lines.count) of \(all)" : all
    if waiting > 0 { summary += "; \(waiting) to be forwarded" }
    if refused > 0 { summary += ", \(refused) of them cannot be" }
    print(summary)
    return 0
  }

  func show() throws -> Int32 {
    guard !ids.isEmpty else { throw parsed.error("ID is missing: show needs at least one") }
    var filter = LetterFilter()
    for id in ids {
      filter.ids = [try number(of: id)]
      for document in try listing.documents(filter, limit: 1) {
        print(parsed.flag("json") ? document : LetterText.page(document))
      }
    }
    return 0
  }

  func replay() throws -> Int32 {
    var filter = try filter()
    for id in ids { filter.ids.append(try number(of: id)) }
    let isFiltered = filter.stream != nil || filter.code != nil || filter.partition != nil || filter.since != nil
    guard isFiltered || !filter.ids.isEmpty || parsed.flag("all") else {
      throw parsed.error(
        "nothing says which dead letters", hint: "name IDs, --stream, --code, --partition or --since, or say --all")
    }
    var (replayed, refused) = (0, 0)
    for stream in project.streams where filter.stream == nil || filter.stream == stream.plan.definition.name {
      var own = filter
      own.stream = stream.plan.definition.name
      let replay = try LetterReplay(
        stream.plan, stream.makeDecoder(), connection, schemas: schemas(), limits: limits)
      let report = try replay.replay(own, now: Clock.wall())
      for refusal in report.refusals { print("\(refusal.id) stays: \(refusal.code): \(refusal.reason)") }
      if report.refused > report.refusals.count { print("…") }
      replayed += report.replayed
      refused += report.refused
    }
    tellForeign(try listing.foreign(to: project.streams.map(\.plan.definition.name), filter))
    print("\(counted(replayed, "dead letter")) replayed, \(refused) \(refused == 1 ? "stays" : "stay")")
    return refused == 0 ? 0 : 1
  }

  /// What a replay passes over: letters of streams that were renamed, removed, or are another project's.
  private func tellForeign(_ letters: [(stream: String, count: Int)]) {
    guard !letters.isEmpty else { return }
    let count = letters.reduce(0) { $0 + $1.count }
    let streams = letters.map { "\($0.stream) (\($0.count))" }.joined(separator: ", ")
    print("\(counted(count, "dead letter")) left alone, of streams that the project does not define: \(streams)")
  }

  private func number(of id: String) throws -> Int64 {
    do throws(PostgresError) {
      if let number = try listing.number(of: id) { return number }
    } catch {
      guard error.sqlstate?.hasPrefix("22") == true else { throw error }
    }
    throw parsed.error("there is no dead letter \(id)", hint: "see streampulse dead-letters list")
  }

  private func filter() throws -> LetterFilter {
    var filter = LetterFilter()
    if let name = parsed.string("stream") {
      guard project.stream(named: name) != nil else {
        throw parsed.error("there is no stream \(name)", hint: project.hint(forStream: name))
      }
      filter.stream = name
    }
    if let code = parsed.string("code") {
      guard LetterFilter.codes.contains(code) else {
        let nearest = nearestSpelling(of: code, among: LetterFilter.codes)
        throw parsed.error(
          "--code: there is no code \(code)",
          hint: nearest.map { "did you mean \($0)?" } ?? "codes are \(LetterFilter.codes.joined(separator: ", "))")
      }
      filter.code = code
    }
    filter.partition = try parsed.integer("partition", in: 0...Int(Int32.max)).map(Int32.init)
    if let since = parsed.string("since") {
      do throws(PostgresError) {
        filter.since = try listing.time(since)
      } catch {
        guard error.sqlstate?.hasPrefix("22") == true else { throw error }
        throw parsed.error(
          "--since does not take \"\(since)\"", hint: "write it like '2 hours' or 2026-01-31T12:00:00Z")
      }
    }
    return filter
  }
}
