import HTTPClient
import Notifications
import Plan
import Threads
import Tracing

/// What a lane is to send: one message.
struct Parcel: Sendable {
  /// Of the rows that it tells; empty: it repeats what was delivered before.
  var ids: [Int64]
  var notifications: [Notification]
  /// Failed attempts so far.
  var attempts: Int

  /// When the oldest was written; microseconds since 1970 UTC.
  var createdAt: Int64 { notifications.map(\.createdAt).min() ?? 0 }
}

/// The way to one target, with a thread of its own: a target that hangs keeps nobody else waiting.
final class TargetLane: Sendable {
  struct Outcome: Sendable {
    var target: String
    var parcel: Parcel
    /// nil: delivered.
    var failure: DeliveryFailure?
    /// The recorded trace that it is a part of; nil: none is.
    var trace: String?
  }

  private struct State: Sendable {
    var parcel: Parcel?
    var isStopping = false
    /// Of the transfer's client, once there is one.
    var canceller: HTTPCanceller?
  }

  let target: NotificationTarget
  private let settings: DeliverySettings
  private let value: @Sendable (String) -> String?
  private let done: @Sendable (Outcome) -> Void
  private let state = Monitor(State())

  /// - Parameters:
  ///   - value: of an environment variable.
  ///   - done: called on the lane's thread; must not block.
  init(
    _ target: NotificationTarget, _ settings: DeliverySettings, value: @escaping @Sendable (String) -> String?,
    done: @escaping @Sendable (Outcome) -> Void
  ) {
    self.target = target
    self.settings = settings
    self.value = value
    self.done = done
  }

  /// Sends what `send` brings, until `stop`. Blocks the calling thread.
  func run() {
    var sender: TargetSender?
    while let parcel = state.wait(until: { $0.isStopping ? .some(nil) : $0.parcel.map { .some($0) } }) ?? nil {
      var failure: DeliveryFailure?
      let trace = settings.tracer?.begin()
      let start = trace == nil ? 0 : Clock.wall()
      do throws(DeliveryFailure) {
        if sender == nil { sender = try makeSender() }
        try sender?.send(parcel.notifications, now: Clock.wall(), trace: trace)
      } catch {
        failure = error
      }
      state.update { $0.parcel = nil }
      if let trace { note(trace, since: start, parcel, failure) }
      let recorded = trace.flatMap { $0.isSampled ? $0.traceID.description : nil }
      done(Outcome(target: target.name, parcel: parcel, failure: failure, trace: recorded))
    }
  }

  /// Addresses may be secrets: a span says the target's name.
  private func note(_ trace: TraceContext, since start: Int64, _ parcel: Parcel, _ failure: DeliveryFailure?) {
    guard trace.isSampled else { return }
    var attributes: [SpanAttribute] = [
      .init(.target, target.name), .init(.targetKind, target.kind.rawValue),
      .init(.notifications, parcel.notifications.count),
    ]
    if target.kind != .email { attributes.append(.init(.method, "POST")) }
    if let status = failure?.status { attributes.append(.init(.status, status)) }
    if let failure { attributes.append(.init(.errorType, failure.status.map(String.init) ?? "undelivered")) }
    settings.tracer?.end(
      Span(
        "notify \(target.name)", .client, trace, start: start, end: Clock.wall(), attributes: attributes,
        failure: failure?.description))
  }

  private func makeSender() throws(DeliveryFailure) -> TargetSender {
    let sender = try TargetSender(target, settings, value: value)
    let canceller = sender.canceller
    let isLate = state.update { state in
      state.canceller = canceller
      return state.isStopping
    }
    if isLate { canceller.cancel() }
    return sender
  }

  /// Sends a message; only after the one before is done.
  func send(_ parcel: Parcel) { state.update { $0.parcel = parcel } }

  /// Ends `run`; what is under way is given up.
  func stop() {
    state.update { state in
      state.isStopping = true
      return state.canceller
    }?.cancel()
  }
}
