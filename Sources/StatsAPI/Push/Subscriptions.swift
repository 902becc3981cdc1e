import CProcess
import HTTPServer
import Synchronization
import Threads

/// Everything that is subscribed to: sends each subscriber its endpoint's result whenever tables that the endpoint reads
/// have changed, and a heartbeat in between. One query a change, whoever listens.
///
/// One thread of its own does the sending of heartbeats and the asking for results. Locks are taken in the order of this
/// one, a session's, a socket's.
final class Subscriptions: Sendable {
  private struct State {
    var subscribers: [AnswerKey: [Subscriber]] = [:]
    var schedule: SubscriptionSchedule<AnswerKey>
    var isStopped = false
    /// Keys that nobody listens to any more, since memory was last given back.
    var endedKeys = 0
  }

  /// What the thread is to look at.
  private struct News: Sendable {
    /// nil: nothing was said. That no table of ours has changed is something, too.
    var changes: TableChanges?
    var isRaised = false
  }

  /// A client with more than this unread gets a later result instead of the next one.
  private static let maximumPendingBytes = 64 * 1024
  /// Fewer than the database's connections, which other requests need, too.
  private static let maximumRunning = 3
  /// From so many on glibc is asked to give their memory back to the system.
  private static let trimmedKeys = 64

  private let answers: EndpointAnswers
  private let now: MonotonicClock
  private let places: StreamPlaces
  /// By route.
  private let reads: [Set<String>?]
  private let state: Mutex<State>
  private let news: Monitor<News>
  private let subscription: DataVersion.Subscription
  private let thread = Mutex<WorkerThread?>(nil)

  /// - Parameter reads: the tables that each route reads; nil: that is not known, and any change concerns it.
  init(
    answers: EndpointAnswers, reads: [Set<String>?], dataVersion: DataVersion, places: StreamPlaces,
    configuration: StatsAPIConfiguration, now: @escaping MonotonicClock
  ) {
    self.answers = answers
    self.reads = reads
    self.places = places
    self.now = now
    state = Mutex(
      State(
        schedule: SubscriptionSchedule(
          intervalMilliseconds: configuration.streamIntervalMilliseconds,
          heartbeatMilliseconds: configuration.heartbeatIntervalMilliseconds, maximumRunning: Self.maximumRunning,
          now: now())))
    let news = Monitor(News())
    self.news = news
    subscription = dataVersion.subscribe { changes in
      news.update { news in
        if news.changes == nil { news.changes = changes } else { news.changes?.formUnion(changes) }
        news.isRaised = true
      }
    }
  }

  /// Starts the thread, which keeps this object until `stop`.
  func start() throws(ThreadError) {
    let started = try WorkerThread(name: "subscriptions") { self.run() }
    thread.withLock { $0 = started }
  }

  /// Ends all streams and the thread, and returns when that is done.
  func stop() {
    let subscribers = state.withLock { state in
      state.isStopped = true
      defer { state.subscribers = [:] }
      return Array(state.subscribers.values.joined())
    }
    for subscriber in subscribers {
      if case .events(let stream, _) = subscriber.outlet { stream.close() }
    }
    subscription.cancel()
    wakeUp()
    thread.withLock { $0.take() }?.join()
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func wakeUp() { news.update { $0.isRaised = true } }

  // MARK: Event streams

  /// Answers a request with a stream that begins with the present result, unless the client has it; or, when there is no
  /// result, with the failure.
  func open(_ key: AnswerKey, for reply: Reply) {
    guard !isStopped else { return reply.send(Problems.stopping()) }
    let place: StreamPlaces.Place
    do throws(StreamRefusal) {
      place = try places.take(reply.request.remoteAddress)
    } catch {
      return reply.send(error.response)
    }
    let known = reply.request.header("Last-Event-ID").flatMap(ResultPosition.init)
    let begin: EndpointAnswers.Completion = { result in
      switch result {
      case .success(let answer): self.begin(key, with: answer, known: known, place, for: reply)
      case .failure(let failure): reply.send(failure)
      }
    }
    if let answer = answers.answer(for: key, completion: begin) { begin(.success(answer)) }
  }

  private func begin(
    _ key: AnswerKey, with answer: EndpointAnswer, known: ResultPosition?, _ place: StreamPlaces.Place,
    for reply: Reply
  ) {
    let stream = reply.stream()
    let hasIt = known?.isSameResult(as: answer.position) ?? false
    let first = hasIt ? [] : EventMessage.message(answer.body, id: answer.position.text)
    guard stream.send(EventMessage.preamble + first) else { return }
    if !add(Subscriber(outlet: .events(stream, place), tag: answer.tag), to: key) { stream.close() }
  }

  // MARK: Sockets

  /// Subscribes a socket, which has the subscription already. Its first message is the result, or that it is the one that
  /// the client has; or, when there is no result, the failure, and the subscription ends.
  func open(_ subscription: SocketSession.Subscription, of session: SocketSession, known: ResultPosition?) {
    let key = subscription.key
    let begin: EndpointAnswers.Completion = { result in
      switch result {
      case .success(let answer):
        guard session.begin(subscription, with: answer, known: known) else { return }
        _ = self.add(Subscriber(outlet: .socket(session, subscription), tag: answer.tag), to: key)
      case .failure(let failure): session.refuse(subscription, failure.problem)
      }
    }
    if let answer = answers.answer(for: key, completion: begin) { begin(.success(answer)) }
  }

  /// Forgets what has ended among the subscribers of the keys.
  func sweep(_ keys: some Sequence<AnswerKey>) {
    state.withLock { state in
      for key in keys { update(key, in: &state) { !$0.isClosed } }
    }
  }

  // MARK: Changes

  private func add(_ subscriber: Subscriber, to key: AnswerKey) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isStopped else { return false }
      state.subscribers[key, default: []].append(subscriber)
      // The result may be from the cache, or data may have been committed since the query.
      state.schedule.want([key])
      return true
    }
    wakeUp()
    return isTaken
  }

  /// The thread.
  private func run() {
    while true {
      let changes = news.update { news in
        defer { news = News() }
        return news.changes
      }
      let next = state.withLock { state -> SubscriptionSchedule<AnswerKey>.Round? in
        guard !state.isStopped else { return nil }
        if let changes { state.schedule.want(state.subscribers.keys.filter { changes.concern(reads[$0.route]) }) }
        return state.schedule.round(now: now())
      }
      guard let round = next else { return }
      if round.isHeartbeat { beat() }
      for key in round.keys {
        answers.refresh(key) { self.deliver($0, to: key) }
      }
      _ = news.wait(timeoutMilliseconds: Int(round.sleepMilliseconds)) { $0.isRaised ? () : nil }
    }
  }

  private func deliver(_ result: Result<EndpointAnswer, QueryFailure>, to key: AnswerKey) {
    state.withLock { state in
      state.schedule.finished(key)
      update(key, in: &state) { subscriber in
        guard subscriber.pendingByteCount <= Self.maximumPendingBytes else {
          subscriber.isBehind = true
          return !subscriber.isClosed
        }
        subscriber.isBehind = false
        switch result {
        case .success(let answer):
          guard subscriber.tag != answer.tag else { return true }
          subscriber.tag = answer.tag
          return subscriber.send(answer)
        case .failure(let failure):
          subscriber.tag = nil
          return subscriber.send(failure)
        }
      }
    }
    wakeUp()
  }

  private func beat() {
    let isTrimDue = state.withLock { state in
      for key in Array(state.subscribers.keys) {
        var isBehind = false
        update(key, in: &state) { subscriber in
          isBehind = isBehind || subscriber.isBehind
          return subscriber.sendHeartbeat()
        }
        if isBehind, state.subscribers[key] != nil { state.schedule.want([key]) }
      }
      state.schedule.wantUnasked(state.subscribers.keys)
      guard state.endedKeys >= Self.trimmedKeys else { return false }
      state.endedKeys = 0
      return true
    }
    answers.forgetExpired()
    // What many subscriptions have held lies between what others still hold.
    if isTrimDue { malloc_trim(0) }
    wakeUp()
  }

  /// Calls `body` with each subscriber of the key, and lets go of those for which it returns false.
  private func update(_ key: AnswerKey, in state: inout State, _ body: (inout Subscriber) -> Bool) {
    guard var subscribers = state.subscribers.removeValue(forKey: key) else { return }
    var kept: [Subscriber] = []
    kept.reserveCapacity(subscribers.count)
    for index in subscribers.indices where body(&subscribers[index]) { kept.append(subscribers[index]) }
    if kept.isEmpty {
      state.schedule.forget(key)
      state.endedKeys += 1
    } else {
      state.subscribers[key] = kept
    }
  }
}
