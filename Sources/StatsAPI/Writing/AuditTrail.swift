import Threads

/// What was refused, counted until it is written down: guessing at full speed makes a few entries a minute.
///
/// Used on any thread. Bounded: beyond the bound, addresses are not told apart any more.
final class AuditTrail: Sendable {
  /// Writes entries down, on any thread; `completion` says whether it could.
  typealias Sink = @Sendable (_ records: [AuditRecord], _ completion: @escaping @Sendable (Bool) -> Void) -> Void

  private struct State {
    /// Each counted once.
    var counts: [AuditRecord: Int64] = [:]
    /// When they are to be written, in milliseconds; nil: there are none.
    var due: Int64?
    var lastWritten: Int64 = .min / 2
    var isStopping = false
  }

  static let maximumKinds = 64
  private static let intervalMilliseconds: Int64 = 60_000
  /// So that the first one is there soon, with those that come with it.
  private static let firstMilliseconds: Int64 = 1_000

  private let sink: Sink
  private let now: MonotonicClock
  private let state = Monitor(State())

  init(sink: @escaping Sink, now: @escaping MonotonicClock) {
    self.sink = sink
    self.now = now
  }

  /// Counts one.
  func note(_ record: AuditRecord) {
    let now = now()
    state.update { state in
      Self.add(record, record.times, to: &state)
      if state.due == nil {
        state.due = max(now + Self.firstMilliseconds, state.lastWritten + Self.intervalMilliseconds)
      }
    }
  }

  private static func add(_ record: AuditRecord, _ times: Int64, to state: inout State) {
    var kind = record
    kind.times = 1
    if state.counts[kind] == nil, state.counts.count >= maximumKinds {
      (kind.who, kind.origin, kind.subject, kind.action) = ("", "others", "", "several routes")
    }
    state.counts[kind, default: 0] += times
  }

  /// Writes down what is due, until `stop`.
  func run() {
    while !state.read(\.isStopping) {
      _ = state.wait(timeoutMilliseconds: 500) { $0.isStopping ? true : nil }
      let now = now()
      if state.read({ $0.due.map { $0 <= now } ?? false }) { write() }
    }
    write()
  }

  func stop() { state.update { $0.isStopping = true } }

  private func write() {
    let now = now()
    let records = state.update { state -> [AuditRecord] in
      defer { (state.counts, state.due, state.lastWritten) = ([:], nil, now) }
      return state.counts.map { record, times in
        var record = record
        record.times = times
        return record
      }
    }
    guard !records.isEmpty else { return }
    sink(records) { isWritten in
      guard !isWritten else { return }
      // Until the database is there again they are counted on.
      self.state.update { state in
        for record in records { Self.add(record, record.times, to: &state) }
        state.due = now + Self.intervalMilliseconds
      }
    }
  }
}
