import Configuration
import Glibc
import Postgres
import Project
import Storage

/// `streampulse reset`: empties all that the project has written into its database. Exit status 0 when it is empty.
func reset(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let project = try context.loadProject(SubjectSchemas(context, .look))
  var cluster: PrivateCluster?
  defer { cluster?.stop() }
  let settings: ConnectionSettings
  if let running = try context.knownDatabase() {
    settings = running
  } else {
    // The private one, which `up` keeps: nobody else can start it meanwhile.
    let folder = context.configuration.dataDirectory
    guard access(folder + "/postgres", F_OK) == 0 else {
      print("nothing to wipe: no Postgres is configured, and \(folder) holds none")
      return 0
    }
    let started = try PrivateCluster(folder: folder)
    cluster = started
    settings = started.settings
  }
  var database = settings.with("application_name", "streampulse reset")
  database.schema = context.configuration.resultSchema
  let connection = try PostgresConnection(database)
  defer { connection.close() }
  try Migrator.verify(connection, for: project, as: context.projectName())
  let wipe = ProjectWipe(connection)
  let processors = try wipe.processors()
  if let processor = processors.first {
    let streams = processors.map(\.stream).joined(separator: ", ")
    fail(
      "\(streams) \(processors.count == 1 ? "is" : "are") processed by \(processor.owner): nothing was wiped\n"
        + "  hint: stop streampulse process, or up, first")
    return 1
  }
  let tables = try wipe.tables()
  let rows = tables.reduce(0) { $0 + $1.rows }
  print(
    "\(database): \(counted(tables.count, "table")) of \(try context.projectName().text), about \(counted(rows, "row"))"
  )
  for table in tables where table.rows > 0 { print("  \(table.name)  about \(table.rows)") }
  print("Tables, views, roles and definitions stay; the topics are read again from where they begin.")
  guard try parsed.flag("yes") || isConfirmed(parsed) else {
    print("nothing was wiped")
    return 1
  }
  try wipe.run(project.alerts)
  print("wiped")
  flushOutput()
  return 0
}

/// Whether whoever sits there means it.
private func isConfirmed(_ parsed: ParsedCommand) throws -> Bool {
  guard isatty(STDIN_FILENO) == 1 else {
    throw parsed.error("nobody is there to be asked", hint: "--yes wipes without a question")
  }
  print("Wipe them? Type yes: ", terminator: "")
  flushOutput()
  return readLine() == "yes"
}

extension CommandContext {
  /// The configured database, or that of the running `up`; nil: only a private one can be meant.
  fileprivate func knownDatabase() throws -> ConnectionSettings? {
    if case .unconfigured = configuration.database, try configuration.valueOfRunning(.databaseURL) == nil { return nil }
    return try database()
  }
}
