import HTTPClient
import Observability
import Plan
import Postgres
import Storage
import Threads

/// Looks schemas up for workers that must not wait: what is known is answered at once, what is not is looked up on a
/// thread of its own, once for each id however many ask, and tried again for as long as the registry is away.
public final class WriterSchemas: Sendable {
  /// For this long (microseconds) an id that the registry does not know is not asked for again.
  public static let unknownValidity: Int64 = 60_000_000
  /// Answers in memory, and questions that wait. What is beyond is asked for again.
  public static let maximumAnswers = 10_000
  private static let maximumQuestions = 1_000

  private struct State: Sendable {
    var answers: [UInt32: (answer: SchemaAnswer, until: Int64)] = [:]
    /// In the order in which they are asked.
    var questions: [UInt32] = []
    var problem: String?
    var isStopping = false
    var canceller: HTTPCanceller?
  }

  private let state = Monitor(State())
  private let registry: RegistrySettings?
  private let database: ConnectionSettings
  private let observe: @Sendable (Observation) -> Void

  /// - Parameters:
  ///   - registry: nil: only what is kept in the database is known.
  ///   - kept: what is known from the beginning.
  public init(
    _ registry: RegistrySettings?, database: ConnectionSettings, kept: [RegisteredSchema] = [],
    observe: @escaping @Sendable (Observation) -> Void
  ) {
    self.registry = registry
    self.database = database
    self.observe = observe
    state.update { state in
      for schema in kept.prefix(Self.maximumAnswers) { state.answers[schema.id] = (.schema(schema), .max) }
    }
  }

  /// What is known of the id by now; nil: it is being looked up.
  public func answer(_ id: UInt32) -> SchemaAnswer? {
    let now = Clock.monotonic()
    return state.update { state in
      if let known = state.answers[id], now < known.until { return known.answer }
      if state.questions.count < Self.maximumQuestions, !state.questions.contains(id) { state.questions.append(id) }
      return nil
    }
  }

  /// Why questions have no answer yet; nil: nothing is known to be wrong.
  public var problem: String? { state.read { $0.problem } }

  /// Looks up until `stop`. Blocks the calling thread.
  public func run() {
    var backOff = BackOff()
    var source: SchemaSource?
    while let id = nextQuestion() {
      do throws(SchemaSourceError) {
        let open: SchemaSource
        if let source { open = source } else { open = try makeSource() }
        source = open
        let answer = try open.answer(id)
        backOff.reset()
        publish(answer, for: id)
      } catch {
        guard !isStopping else { return }
        isDown(error)
        // The others come first the next time: one that always fails must not be in their way.
        state.update { state in
          if let first = state.questions.first, first == id { state.questions.append(state.questions.removeFirst()) }
        }
        _ = state.wait(timeoutMilliseconds: backOff.next()) { $0.isStopping ? true : nil }
      }
    }
  }

  /// Ends `run` within a second.
  public func stop() {
    let canceller = state.update { state in
      state.isStopping = true
      return state.canceller
    }
    canceller?.cancel()
  }

  private var isStopping: Bool { state.read { $0.isStopping } }

  private func makeSource() throws(SchemaSourceError) -> SchemaSource {
    do throws(RegistryError) {
      let source = try SchemaSource(registry, database: database)
      let canceller = source.canceller
      let isStopping = state.update { state in
        state.canceller = canceller
        return state.isStopping
      }
      if isStopping { canceller?.cancel() }
      return source
    } catch {
      throw .registry(error)
    }
  }

  /// nil: the thread ends.
  private func nextQuestion() -> UInt32? {
    state.wait { state -> UInt32?? in
      if state.isStopping { return .some(nil) }
      return state.questions.first.map { .some($0) }
    } ?? nil
  }

  private func publish(_ answer: SchemaAnswer, for id: UInt32) {
    let now = Clock.monotonic()
    let wasDown = state.update { state in
      if state.answers.count >= Self.maximumAnswers { state.answers = state.answers.filter { $0.value.until == .max } }
      if state.answers.count >= Self.maximumAnswers { state.answers = [:] }
      var until = Int64.max
      if case .unknown = answer { until = now + Self.unknownValidity }
      state.answers[id] = (answer, until)
      state.questions.removeAll { $0 == id }
      defer { state.problem = nil }
      return state.problem != nil
    }
    if wasDown { observe(.registryUp(server: registry?.description ?? database.description)) }
    switch answer {
    case .schema: observe(.schemaLearnt(id: id))
    case .unknown(let reason), .unusable(let reason): observe(.schemaRefused(id: id, reason: reason))
    }
  }

  /// Says once that no schema can be looked up.
  private func isDown(_ error: SchemaSourceError) {
    let isNews = state.update { state in
      defer { state.problem = error.description }
      return state.problem == nil
    }
    if isNews { observe(.registryDown(reason: error.description)) }
  }
}
