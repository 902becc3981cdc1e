import Threads

/// Makes the faults happen and ends them again.
final class FaultDirector {
  private let broker: BrokerProcess
  private let database: DatabaseServer
  private let slots: [ProcessorSlot]
  /// What a fault leaves behind, and when it is over.
  private var recoveries: [(at: Int, perform: () throws -> Void)] = []
  /// Cuts are counted by the proxy: only some find a connection that goes on for long enough.
  private var hits: [Fault.Kind: Int] = [:]

  init(_ broker: BrokerProcess, _ database: DatabaseServer, _ slots: [ProcessorSlot]) {
    self.broker = broker
    self.database = database
    self.slots = slots
  }

  /// How many faults of each kind have hit something.
  var counts: [Fault.Kind: Int] {
    var counts = hits
    counts[.cutConnections] = database.proxy.cuts.demands
    return counts
  }

  /// Does nothing when its target is not there: a processor whose start has just failed, for example.
  func perform(_ fault: Fault) throws {
    let now = Clock.monotonicMilliseconds()
    switch fault {
    case .killProcessor(let number, let down):
      guard slots[number].isRunning else { return }
      slots[number].kill(restartAfter: down)
    case .terminateProcessor(let number, let down):
      guard slots[number].isRunning else { return }
      slots[number].terminate(restartAfter: down)
    case .pauseProcessor(let number, let duration):
      guard slots[number].isRunning else { return }
      slots[number].pause()
      recoveries.append((now + duration, { [slot = slots[number]] in slot.resume() }))
    case .killSessions:
      guard database.isUp else { return }
      try database.killSessions()
    case .crashPostgres(let down):
      guard database.isUp else { return }
      database.crash()
      recoveries.append((now + down, { [database] in try database.recover() }))
    case .cutConnections(let cut):
      database.proxy.cut(cut)
      return
    case .killBroker(let down):
      broker.kill()
      recoveries.append((now + down, { [broker] in try broker.restart() }))
    case .pauseBroker(let duration):
      broker.pause()
      recoveries.append((now + duration, { [broker] in broker.resume() }))
    }
    hits[fault.kind, default: 0] += 1
  }

  /// Ends the faults whose time has come.
  func recover() throws {
    try recover(until: Clock.monotonicMilliseconds())
  }

  /// Ends all faults.
  func settle() throws {
    try recover(until: .max)
    for slot in slots { try slot.start() }
  }

  private func recover(until time: Int) throws {
    let due = recoveries.filter { $0.at <= time }
    recoveries.removeAll { $0.at <= time }
    for recovery in due { try recovery.perform() }
  }
}
