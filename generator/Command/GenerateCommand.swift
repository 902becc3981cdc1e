import Configuration
import Downloads

/// Makes up events and sends them until the count, the duration or a signal ends it.
///
/// `hasConfiguredRate`: somebody set EVENTS_PER_MINUTE, it is not just the default.
func generate(
  _ command: ParsedCommand, _ configuration: Configuration, hasConfiguredRate: Bool, _ stop: StopSignal
) throws -> RunResult {
  let rate = hasConfiguredRate || command.string("count") == nil ? configuration.eventsPerMinute / 60 : nil
  let plan = try GenerationPlan(command, defaultRate: rate, now: wallMilliseconds())
  let synthesizer: DownloadSynthesizer
  do {
    synthesizer = try DownloadSynthesizer(settings: plan.synthesis)
  } catch {
    throw command.error(error.description)
  }
  let pace = plan.rate.map { "\(decimal($0)) events/s" } ?? "events as fast as possible"
  let output = try EventOutput(command, configuration, stop, what: "seed \(plan.synthesis.seed), \(pace)")
  return try output.run { try send(plan, from: synthesizer, to: output) }
}

private func send(_ plan: GenerationPlan, from synthesizer: DownloadSynthesizer, to output: EventOutput) throws {
  let began = monotonicNanoseconds()
  var pacer = Pacer(rate: plan.rate, now: began)
  var index: UInt64 = 0
  while index < plan.count {
    let now = monotonicNanoseconds()
    if let duration = plan.durationNanoseconds, now - began >= duration { break }
    output.tick()
    // A batch is small enough for signals, delivery reports and the clock to be looked at often.
    let allowance = min(try output.allowance(), 512, Int(clamping: plan.count - index))
    let due = pacer.due(now: now, limit: allowance)
    if due == 0 {
      let pause: UInt64 = allowance == 0 ? 10_000_000 : min(max(pacer.wait(now: now), 2_000_000), 100_000_000)
      if output.shouldStop(waiting: pause) { break }
      continue
    }
    if output.shouldStop() { break }
    let wall = wallMilliseconds()
    for _ in 0..<due {
      let turn = plan.timeline.milliseconds(of: index, now: wall)
      guard try output.send(synthesizer.event(index, timestampMilliseconds: turn)) else { break }
      index += 1
    }
    pacer.didSend(due)
  }
}
