import Configuration
import Downloads
import Synthesis
import Threads

/// Makes up events and sends them until the count, the duration or a signal ends it.
///
/// `hasConfiguredRate`: somebody set EVENTS_PER_MINUTE, it is not just the default.
func generate(
  _ command: ParsedCommand, _ configuration: Configuration, hasConfiguredRate: Bool, _ stop: StopSignal
) throws -> RunResult {
  let rate = hasConfiguredRate || command.string("count") == nil ? configuration.eventsPerMinute / 60 : nil
  let plan = try GenerationPlan(command, defaultRate: rate, now: Clock.wallMilliseconds())
  let source: EventMaker
  do {
    source = try EventMaker(plan)
  } catch {
    throw command.error(error.description)
  }
  let pace = plan.rate.map { "\(decimal($0)) events/s" } ?? "events as fast as possible"
  let output = try EventOutput(
    command, configuration, stop, eventsPerSecond: plan.rate, what: "seed \(plan.synthesis.seed), \(pace)")
  return try output.run { try send(plan, from: source, to: output) }
}

/// Where the events come from.
private enum EventMaker {
  case synthesizer(DownloadSynthesizer)
  case demo(DemoLoad)

  init(_ plan: GenerationPlan) throws(SettingError) {
    self =
      plan.isDemo
      ? .demo(try DemoLoad(settings: plan.synthesis)) : .synthesizer(try DownloadSynthesizer(settings: plan.synthesis))
  }

  func event(_ index: UInt64, timestampMilliseconds: Int64, to output: EventOutput) throws -> DownloadEvent {
    switch self {
    case .synthesizer(let synthesizer):
      return synthesizer.event(index, timestampMilliseconds: timestampMilliseconds)
    case .demo(let load):
      if let incident = try load.stageIncident(by: timestampMilliseconds) {
        output.say("\(timeOfDay(timestampMilliseconds)) staged: \(incident.announcement)")
      }
      return load.event(index, timestampMilliseconds: timestampMilliseconds)
    }
  }
}

/// `14:03:20Z`
private func timeOfDay(_ milliseconds: Int64) -> String {
  let seconds = milliseconds / 1000 % 86_400
  let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
  return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") + "Z"
}

private func send(_ plan: GenerationPlan, from source: EventMaker, to output: EventOutput) throws {
  let began = Clock.monotonicNanoseconds()
  var pacer = Pacer(rate: plan.rate, now: began)
  var index: UInt64 = 0
  while index < plan.count {
    let now = Clock.monotonicNanoseconds()
    if let duration = plan.durationNanoseconds, now - began >= duration { break }
    output.tick()
    // A batch is small enough for signals, delivery reports and the clock to be looked at often.
    let allowance = min(try output.allowance(), 512, Int(clamping: plan.count - index))
    let due = pacer.due(now: now, limit: allowance)
    if due == 0 {
      let pause: Int64 = allowance == 0 ? 10_000_000 : min(max(pacer.wait(now: now), 2_000_000), 100_000_000)
      if output.shouldStop(waiting: pause) { break }
      continue
    }
    if output.shouldStop() { break }
    let wall = Clock.wallMilliseconds()
    for _ in 0..<due {
      let turn = plan.timeline.milliseconds(of: index, now: wall)
      guard try output.send(source.event(index, timestampMilliseconds: turn, to: output)) else { break }
      index += 1
    }
    pacer.didSend(due)
  }
}
