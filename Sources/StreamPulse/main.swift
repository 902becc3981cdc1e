import CProcess
import Configuration
import Faults
import Glibc

// Before the first thread is started: only `Signals` sees signals.
Signals.blockAll()

// Tables that grow by doubling leave half of their size behind. By default glibc keeps ever larger pieces of it for
// reuse; with a fixed bound the large ones go back to the system (158 instead of 205 bytes for a key and window).
mallopt(M_MMAP_THRESHOLD, 4 << 20)
mallopt(M_TRIM_THRESHOLD, 16 << 20)

do {
  let parsed = try Commands.interface.parse(Array(CommandLine.arguments.dropFirst()))
  if let text = parsed.requestedText {
    print(text, terminator: "")
    endProcess(status: 0)
  }
  endProcess(status: run(parsed))
} catch {
  fail(error.description)
  endProcess(status: UsageError.exitStatus)
}

/// The one place where errors become exit statuses: 0 done, 1 failed, 2 wrong usage or settings, 3 displaced. Each command has
/// stopped and joined what it started when it returns or throws.
func run(_ parsed: ParsedCommand) -> Int32 {
  do {
    let context = try CommandContext(parsed)
    defer { context.traces?.stop() }
    switch parsed.command {
    case "up": return try Up(context, withDemo: !parsed.flag("no-demo")).run()
    case "dev": return try Up(context, withDemo: !parsed.flag("no-demo"), isDevelopment: true).run()
    case "plan": return try plan(context, parsed)
    case "compare": return try compare(context, parsed)
    case "deploy": return try deploy(context, parsed)
    case "migrate": return try migrate(context, parsed)
    case "process": return try process(context, parsed)
    case "serve": return try serve(context)
    case "check": return try check(context, parsed)
    case "doctor": return try doctor(context, parsed)
    case "health": return try health(context, parsed)
    case "smoke": return try smoke(context, parsed)
    case "reset": return try reset(context, parsed)
    case "init": return try initialize(context, parsed)
    case "explain": return try explain(context, parsed)
    case "export": return try export(context, parsed)
    case "handover": return try handover(context, parsed)
    case "test": return try test(context, parsed)
    case "verify": return try verify(context, recounts: parsed.flag("recount"))
    case "replay": return try replay(context, parsed)
    case "alerts": return try alerts(context, parsed)
    case "dead-letters": return try deadLetters(context, parsed)
    case "tail": return try tail(context, parsed)
    case "detect": return try detect(parsed)
    case "token": return try token(parsed)
    case "bench": return try bench(context, parsed)
    case "simulate-scale": return try simulateScale(context, parsed)
    case "crashtest": return try crashTest(context, parsed)
    case "broker": return try broker(context, partitions: parsed.integer("partitions", in: 1...10_000) ?? 3)
    default:
      fail("unknown command \(parsed.command)")
      return UsageError.exitStatus
    }
  } catch let error as ConfigurationError {
    fail(error.description)
    return UsageError.exitStatus
  } catch let error as UsageError {
    fail(error.description)
    return UsageError.exitStatus
  } catch PipelineError.displaced(let instance) {
    fail("\(PipelineError.displaced(instance: instance))")
    // Whoever restarts processes must not restart this one: it would displace the other, and that one it again.
    return 3
  } catch {
    fail("\(error)")
    return 1
  }
}

/// One line (or one per problem) on standard error.
func fail(_ message: String) {
  let line = Array("streampulse: \(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
