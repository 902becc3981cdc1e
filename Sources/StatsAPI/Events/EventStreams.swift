import HTTPServer
import Synchronization
import Threads

/// The open event streams: sends each of them its endpoint's result whenever new data is committed, and a heartbeat in
/// between. One thread of its own does the sending of heartbeats and the asking for results.
final class EventStreams: Sendable {
  private struct Subscriber {
    let stream: HTTPStream
    /// Of the result that was sent last; another one is sent only if it differs.
    var tag: EntityTag?
    /// A result was left out because the client is slow.
    var isBehind = false
  }

  private struct State {
    var subscribers: [AnswerKey: [Subscriber]] = [:]
    var schedule: StreamSchedule<AnswerKey>
    /// Streams that are open or about to be.
    var count = 0
    var isStopped = false
  }

  /// A client with more than this unread gets a later result instead of the next one.
  private static let maximumPendingBytes = 256 * 1024

  private let answers: EndpointAnswers
  private let dataVersion: DataVersion
  private let now: MonotonicClock
  private let maximumStreams: Int
  private let state: Mutex<State>
  /// Whether there is something for the thread to look at.
  private let signal: Monitor<Bool>
  private let subscription: DataVersion.Subscription
  private let thread = Mutex<WorkerThread?>(nil)

  init(
    answers: EndpointAnswers, dataVersion: DataVersion, configuration: StatsAPIConfiguration,
    now: @escaping MonotonicClock
  ) {
    self.answers = answers
    self.dataVersion = dataVersion
    self.now = now
    maximumStreams = configuration.maximumStreams
    state = Mutex(
      State(
        schedule: StreamSchedule(
          intervalMilliseconds: configuration.streamIntervalMilliseconds,
          heartbeatMilliseconds: configuration.heartbeatIntervalMilliseconds, now: now())))
    let signal = Monitor(false)
    self.signal = signal
    subscription = dataVersion.subscribe { signal.update { $0 = true } }
  }

  var openCount: Int { state.withLock { $0.count } }

  /// Starts the thread, which keeps this object until `stop`.
  func start() throws(ThreadError) {
    let started = try WorkerThread(name: "event streams") { self.run() }
    thread.withLock { $0 = started }
  }

  /// Ends all streams and the thread, and returns when that is done.
  func stop() {
    let streams = state.withLock { state in
      state.isStopped = true
      defer { state.subscribers = [:] }
      return state.subscribers.values.joined().map(\.stream)
    }
    for stream in streams { stream.close() }
    subscription.cancel()
    signal.update { $0 = true }
    thread.withLock { $0.take() }?.join()
  }

  /// Answers a request with a stream that begins with the present result; or, when there is none, with the failure.
  func open(_ key: AnswerKey, for reply: Reply) {
    let isAdmitted = state.withLock { state in
      guard !state.isStopped, state.count < maximumStreams else { return false }
      state.count += 1
      return true
    }
    guard isAdmitted else { return reply.send(Problems.tooManyStreams(maximum: maximumStreams)) }
    let begin: EndpointAnswers.Completion = { result in
      switch result {
      case .success(let answer): self.begin(key, with: answer, for: reply)
      case .failure(let failure):
        self.state.withLock { $0.count -= 1 }
        reply.send(failure)
      }
    }
    if let answer = answers.answer(for: key, completion: begin) { begin(.success(answer)) }
  }

  private func begin(_ key: AnswerKey, with answer: EndpointAnswer, for reply: Reply) {
    let stream = reply.stream()
    let isOpen = stream.send(EventMessage.preamble + EventMessage.message(answer.body))
    state.withLock { state in
      guard isOpen, !state.isStopped else {
        state.count -= 1
        return
      }
      state.subscribers[key, default: []].append(Subscriber(stream: stream, tag: answer.tag))
      // The result may be from the cache, or data may have been committed since the query.
      state.schedule.want([key])
    }
    signal.update { $0 = true }
  }

  /// The thread.
  private func run() {
    var seen = dataVersion.current
    while true {
      let current = dataVersion.current
      let next = state.withLock { state -> StreamSchedule<AnswerKey>.Round? in
        guard !state.isStopped else { return nil }
        if current != seen { state.schedule.want(state.subscribers.keys) }
        return state.schedule.round(now: now())
      }
      guard let round = next else { return }
      seen = current
      if round.isHeartbeat { beat() }
      for key in round.keys {
        answers.refresh(key) { self.deliver($0, to: key) }
      }
      _ = signal.wait(timeoutMilliseconds: Int(round.sleepMilliseconds)) { isRaised in
        guard isRaised else { return nil as Void? }
        isRaised = false
        return ()
      }
    }
  }

  private func deliver(_ result: Result<EndpointAnswer, QueryFailure>, to key: AnswerKey) {
    state.withLock { state in
      state.schedule.finished(key)
      update(key, in: &state) { subscriber in
        guard subscriber.stream.pendingByteCount <= Self.maximumPendingBytes else {
          subscriber.isBehind = true
          return !subscriber.stream.isClosed
        }
        subscriber.isBehind = false
        switch result {
        case .success(let answer):
          guard subscriber.tag != answer.tag else { return true }
          subscriber.tag = answer.tag
          return subscriber.stream.send(EventMessage.message(answer.body))
        case .failure(let failure):
          subscriber.tag = nil
          return subscriber.stream.send(EventMessage.message(failure.problem.json, event: "problem"))
        }
      }
    }
    signal.update { $0 = true }
  }

  private func beat() {
    state.withLock { state in
      for key in Array(state.subscribers.keys) {
        var isBehind = false
        update(key, in: &state) { subscriber in
          isBehind = isBehind || subscriber.isBehind
          return subscriber.stream.send(EventMessage.heartbeat)
        }
        if isBehind, state.subscribers[key] != nil { state.schedule.want([key]) }
      }
    }
  }

  /// Calls `body` with each stream of the key, and lets go of those for which it returns false.
  private func update(_ key: AnswerKey, in state: inout State, _ body: (inout Subscriber) -> Bool) {
    guard var subscribers = state.subscribers.removeValue(forKey: key) else { return }
    let before = subscribers.count
    var kept: [Subscriber] = []
    for index in subscribers.indices where body(&subscribers[index]) { kept.append(subscribers[index]) }
    state.count -= before - kept.count
    if kept.isEmpty {
      state.schedule.forget(key)
    } else {
      state.subscribers[key] = kept
    }
  }
}
