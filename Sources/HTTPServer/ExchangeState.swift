/// How far the answer to one request is: who may act next, and on which thread, follows from it.
///
///     open ──answer──▶ answered ──take──▶ sent
///       └──suspend──▶ suspended ──answer──▶ answered (resume)
struct ExchangeState<Answer> {
  private enum Phase {
    /// The handler has not answered and the connection's thread is still in the request.
    case open
    /// The connection waits for the answer; only `answer` ends that.
    case suspended
    case answered(Answer)
    /// The connection's thread has the answer, or the connection is gone.
    case sent
  }

  enum AnswerAction {
    /// The connection's thread will look for the answer by itself.
    case none
    case resume
    /// The request has an answer already.
    case refuse
  }

  enum SuspendAction {
    case suspend
    case send(Answer)
    case none
  }

  private var phase = Phase.open

  mutating func answer(_ answer: Answer) -> AnswerAction {
    switch phase {
    case .open:
      phase = .answered(answer)
      return .none
    case .suspended:
      phase = .answered(answer)
      return .resume
    case .answered, .sent:
      return .refuse
    }
  }

  /// The connection's thread has nothing more to do for the request: it sends the answer or waits for it.
  mutating func suspend() -> SuspendAction {
    switch phase {
    case .open:
      phase = .suspended
      return .suspend
    case .answered(let answer):
      phase = .sent
      return .send(answer)
    case .suspended, .sent:
      return .none
    }
  }

  /// The answer, once, if it is there.
  mutating func take() -> Answer? {
    guard case .answered(let answer) = phase else { return nil }
    phase = .sent
    return answer
  }

  mutating func finish() { phase = .sent }
}
