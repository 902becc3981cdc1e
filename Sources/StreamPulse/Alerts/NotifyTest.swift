import Configuration
import Hexadecimal
import Notifications
import Office
import Plan
import Project
import Spelling
import Threads

/// `streampulse alerts notify-test TARGET`: sends one message there, and says what came of it.
///
/// Needs neither Kafka nor Postgres. What targets keep for themselves, such as PagerDuty's incidents, is resolved at once.
///
/// - Parameter name: of the target.
func notifyTest(_ context: CommandContext, _ parsed: ParsedCommand, target name: String) throws -> Int32 {
  let folder = try context.configuration.projectDirectory()
  let targets = try ProjectFiles(folder: folder).notificationTargets()
  guard let target = targets.first(where: { $0.name == name }) else {
    let names = targets.map(\.name)
    let nearest = suggestion(for: name, among: names)
    throw parsed.error(
      "there is no target \(name)",
      hint: names.isEmpty
        ? "targets are defined in sql/alerts/targets.sql" : "\(nearest)targets are \(names.joined(separator: ", "))")
  }
  let settings = try context.deliverySettings()
  let secrets = context.configuration.secrets
  let now = Clock.wall()
  let test = Notification.test(key: randomKey(), target: target.name, source: settings.source, now: now)
  let begin = Clock.monotonic()
  do throws(DeliveryFailure) {
    let sender = try TargetSender(target, settings) { secrets[$0]?.revealed }
    let answer = try sender.send([test], now: now)
    let milliseconds = (Clock.monotonic() - begin) / 1000
    print("\(target.name) (\(target.kind.rawValue)) has taken the test message: \(answer), after \(milliseconds) ms")
    if target.kind == .pagerduty || target.kind == .alertmanager {
      var end = test
      end.event = .resolved
      try sender.send([end], now: Clock.wall())
      print("and its end")
    }
    return 0
  } catch {
    print("\(target.name) (\(target.kind.rawValue)) has not taken the test message: \(error)")
    // Whose words they are: none of them may write over the terminal.
    if let answer = error.answer, !answer.isEmpty { print("  \(oneLine(answer))") }
    return 1
  }
}

/// A random UUID (RFC 9562, version 4).
private func randomKey() -> String {
  var generator = SystemRandomNumberGenerator()
  let (high, low): (UInt64, UInt64) = (generator.next(), generator.next())
  let digits = Array(((high & ~0xf000) | 0x4000).hexadecimal + ((low & ~(3 << 62)) | 2 << 62).hexadecimal)
  return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
}

extension CommandContext {
  /// How notifications are delivered.
  func deliverySettings() throws -> DeliverySettings {
    let configured = configuration.notifications
    var settings = DeliverySettings(source: try projectName().text, caFile: configured.caFile)
    settings.timeoutMilliseconds = configured.timeoutSeconds * 1_000
    settings.resendSeconds = configured.resendSeconds
    settings.giveUpSeconds = configured.giveUpHours * 3_600
    settings.tracer = traces?.tracer
    settings.keepSeconds = configured.keepDays * 86_400
    return settings
  }
}
