import Configuration
import Synthesis
import Threads

/// Makes up events of a kind and sends them until the count, the duration or a signal ends it.
///
/// `hasConfiguredRate`: somebody set EVENTS_PER_MINUTE, it is not just the default.
func generate(
  _ kind: EventKind, _ command: ParsedCommand, _ configuration: Configuration, hasConfiguredRate: Bool,
  _ stop: StopSignal
) throws -> RunResult {
  if command.flag("print-schema") {
    writeOut(try SchemaSource(kind.shape, command, configuration).text)
    return RunResult(isComplete: true)
  }
  let rate = hasConfiguredRate || command.string("count") == nil ? configuration.eventsPerMinute / 60 : nil
  let plan = try GenerationPlan(kind, command, defaultRate: rate, now: Clock.wallMilliseconds())
  let maker = try EventMaker(kind, command, plan.run)
  let writer = try RowWriter(kind.shape, command, configuration)
  let pace = plan.rate.map { "\(decimal($0)) events/s" } ?? "events as fast as possible"
  let output = try EventOutput(
    command, configuration, stop, topic: topic(of: kind, command, configuration), eventsPerSecond: plan.rate,
    what: "seed \(plan.run.seed), \(pace)")
  return try output.run { try send(plan, from: maker, through: writer, to: output) }
}

/// KAFKA_TOPIC names the topic of the project's stream, which downloads are made for.
private func topic(of kind: EventKind, _ command: ParsedCommand, _ configuration: Configuration) -> String {
  (kind == .downloads ? configuration.kafka.topic : command.topicOption) ?? kind.shape.topic
}

private func send(
  _ plan: GenerationPlan, from maker: EventMaker, through writer: RowWriter, to output: EventOutput
) throws {
  let began = Clock.monotonicNanoseconds()
  var pacer = Pacer(rate: plan.rate, now: began)
  var index: UInt64 = 0
  while index < plan.count {
    let now = Clock.monotonicNanoseconds()
    if let duration = plan.durationNanoseconds, now - began >= duration { break }
    output.tick()
    let wall = Clock.wallMilliseconds()
    if let rate = plan.rate(at: wall) { pacer.change(rate: rate, now: now) }
    // A batch is small enough for signals, delivery reports and the clock to be looked at often.
    let allowance = min(try output.allowance(), 512, Int(clamping: plan.count - index))
    let due = pacer.due(now: now, limit: allowance)
    if due == 0 {
      let pause: Int64 = allowance == 0 ? 10_000_000 : min(max(pacer.wait(now: now), 2_000_000), 100_000_000)
      if output.shouldStop(waiting: pause) { break }
      continue
    }
    if output.shouldStop() { break }
    for _ in 0..<due {
      let turn = plan.timeline.milliseconds(of: index, now: wall)
      if try maker.make(index, timestampMilliseconds: turn, into: writer.row, report: output.say) {
        guard try writer.send(to: output) else { break }
      }
      index += 1
    }
    pacer.didSend(due)
  }
}
