import Configuration
import Postgres
import Project
import Storage

/// `streampulse deploy`: exit status 0 when the definitions are in force, 1 when they are not and nothing was changed.
func deploy(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let ways = ["shadow", "promote", "discard"].filter { parsed.flag($0) }
  guard ways.count <= 1 else {
    throw parsed.error("--\(ways[0]) and --\(ways[1]) exclude each other", hint: "give one of them")
  }
  let database = try context.database()
  var deployment = Deployment(
    context: context, database: database, kafka: { try context.kafka() }, fillsNew: parsed.flag("fill"),
    say: { line in
      print(line)
      flushOutput()
    })
  do {
    let shadows = try Shadows(context, database)
    // It takes its time; an interruption leaves tables behind that nobody reads and that the next deploy drops.
    Signals.unblockAll()
    let outcome: Deployment.Outcome
    switch ways.first {
    case "shadow": outcome = try shadows.begin(&deployment)
    case "promote": outcome = try shadows.promote(deployment)
    case "discard": outcome = try shadows.discard()
    default:
      try shadows.refuseWhileThereAre()
      let subjects = SubjectSchemas(context, .migration)
      outcome = try deployment.run(context.loadProject(subjects), subjects)
    }
    return say(outcome)
  } catch let error as ShadowError {
    fail("\(error)")
    return 1
  }
}

private func say(_ outcome: Deployment.Outcome) -> Int32 {
  switch outcome {
  case .unchanged: print("nothing to do: these definitions are in force")
  case .done(let version):
    print("version \(version) of the definitions is in force: what runs goes on with it by itself")
  case .refused(let reasons):
    fail((reasons + ["nothing was changed"]).joined(separator: "\n"))
    return 1
  }
  flushOutput()
  return 0
}
