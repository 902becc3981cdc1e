import HTTPServer
import Synchronization

/// A route with the arguments of a request: what a result belongs to.
struct AnswerKey: Hashable {
  /// Counts into the API's routes of data.
  var route: Int
  var arguments: [String?]
}

/// The routes' results: from the cache, from a query that is under way, or from a new one.
final class EndpointAnswers: Sendable {
  typealias Completion = @Sendable (Result<EndpointAnswer, QueryFailure>) -> Void

  private let routes: [DataRoute]
  private let execute: QueryExecutor
  private let now: MonotonicClock
  private let replicaLag: (@Sendable () -> Double?)?
  private let dataVersion: DataVersion
  private let headers: [HTTPHeader]
  private let commonHeaders: [HTTPHeader]
  private let cache: Mutex<ResultCache<AnswerKey, EndpointAnswer, Completion>>
  /// What targets of requests mean, so that those that come again and again need not be decoded and checked.
  private let known = Mutex(KnownTargets<AnswerKey>(maximumTargets: 1_024, maximumBytes: 512))
  private let isCacheOff: Bool

  init(
    routes: [DataRoute], configuration: StatsAPIConfiguration, common: CommonHeaders, dataVersion: DataVersion,
    now: @escaping MonotonicClock, replicaLag: (@Sendable () -> Double?)? = nil, execute: @escaping QueryExecutor
  ) {
    self.routes = routes
    self.execute = execute
    self.now = now
    self.replicaLag = replicaLag
    self.dataVersion = dataVersion
    commonHeaders = common.base
    // Rounded up: a cache that is asked once a second must not be told zero.
    let seconds = (configuration.cacheTTLMilliseconds + 999) / 1000
    headers = [
      HTTPHeader("Cache-Control", seconds == 0 ? "no-cache" : "max-age=\(seconds)"),
      HTTPHeader("Vary", common.vary("Accept", "Accept-Encoding")),
    ]
    cache = Mutex(
      ResultCache(
        timeToLiveMilliseconds: configuration.cacheTTLMilliseconds, maximumEntries: configuration.maximumCacheEntries,
        maximumBytes: configuration.maximumCacheBytes))
    isCacheOff = configuration.cacheTTLMilliseconds == 0
  }

  /// The result if it is at hand; otherwise nil, and `completion` will be called once, on any thread.
  func answer(for key: AnswerKey, completion: @escaping Completion) -> EndpointAnswer? {
    if isCacheOff {
      refresh(key, completion: completion)
      return nil
    }
    switch cache.withLock({ $0.lookUp(key, now: now(), waiter: completion) }) {
    case .hit(let answer): return answer
    case .joined: return nil
    case .start:
      query(key) { result in
        let waiters = self.cache.withLock { cache in
          self.store(result, for: key, in: &cache)
          return cache.land(key)
        }
        for waiter in waiters { waiter(result) }
      }
      return nil
    }
  }

  /// Every spelling of a request is checked once and then known; it never means anything else.
  func remember(_ target: [UInt8], as key: AnswerKey) {
    guard !isCacheOff else { return }
    known.withLock { $0.insert(target, key) }
  }

  /// The route that a target asks for and its result, if both are known.
  func recall(_ target: [UInt8]) -> (route: Int, answer: EndpointAnswer)? {
    guard !isCacheOff, let key = known.withLock({ $0[target] }) else { return nil }
    let answer = cache.withLock { $0.value(for: key, now: now()) }
    return answer.map { (key.route, $0) }
  }

  /// Forgets all results: something was changed that may be in any of them.
  func forget() { cache.withLock { $0.removeAll() } }

  /// A new result, whatever the cache holds, which then holds this one.
  func refresh(_ key: AnswerKey, completion: @escaping Completion) {
    query(key) { result in
      self.cache.withLock { self.store(result, for: key, in: &$0) }
      completion(result)
    }
  }

  /// Gives back what nobody will be answered with.
  func forgetExpired() { cache.withLock { $0.forgetExpired(now: now()) } }

  private func store(
    _ result: Result<EndpointAnswer, QueryFailure>, for key: AnswerKey,
    in cache: inout ResultCache<AnswerKey, EndpointAnswer, Completion>
  ) {
    guard case .success(let answer) = result else { return }
    cache.store(key, answer, byteCount: answer.maximumByteCount, now: now())
  }

  /// In steps of a millisecond, rounded up.
  private static func seconds(_ seconds: Double) -> String {
    let thousandths = Int((seconds * 1000).rounded(.up))
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }

  private func query(_ key: AnswerKey, completion: @escaping Completion) {
    let route = routes[key.route]
    let (query, values) = route.query(key.arguments)
    // Before the query: it sees at least that.
    let position = dataVersion.position
    let lag = replicaLag?().map { [HTTPHeader("X-Replica-Lag", Self.seconds($0))] } ?? []
    execute(query, values) { result in
      completion(
        result.map {
          EndpointAnswer(
            body: $0, headers: self.headers + lag, common: self.commonHeaders, hasData: route.hasData,
            nextPage: route.nextPage(after: $0, key.arguments), log: position)
        })
    }
  }
}
