import JSON

/// One question of `smoke` and its answer.
struct SmokeCheck {
  enum Outcome: String {
    case passed
    case failed
    /// It could not be asked, and `detail` says why: that is no fault of the system's.
    case skipped
  }

  /// What is asked of the system that runs, by the names that people look for.
  static let topicExists = "topic exists"
  static let offsetsAdvance = "offsets advance"
  static let processorHealthy = "processor healthy"
  static let recentRows = "recent rows"
  static let sumsRight = "sums right"
  static let endpointsAnswer = "endpoints answer"
  /// What is asked of the copy, with marked events.
  static let copyRows = "marked events: rows"
  static let copyEndpoints = "marked events: endpoints"
  static let copyPush = "marked events: push"
  static let copyAlert = "marked events: alert"
  static let copyRemoved = "marked events: taken back out"

  var name: String
  var outcome: Outcome
  /// One line.
  var detail: String

  /// For a terminal.
  var page: String {
    let mark =
      switch outcome {
      case .passed: "ok  "
      case .failed: "FAIL"
      case .skipped: "skip"
      }
    return "\(mark)  \(name): \(detail)"
  }

  var json: JSONValue {
    .object([
      JSONMember("name", .string(name)), JSONMember("outcome", .string(outcome.rawValue)),
      JSONMember("detail", .string(detail)),
    ])
  }

  /// Asks; what `body` throws is a failure.
  ///
  /// - Parameter body: returns the outcome with its detail.
  static func ask(_ name: String, _ body: () throws -> (Outcome, String)) -> SmokeCheck {
    do {
      let (outcome, detail) = try body()
      return SmokeCheck(name: name, outcome: outcome, detail: detail)
    } catch {
      let line = "\(error)".split(separator: "\n").joined(separator: "; ").replacing("  hint: ", with: "")
      return SmokeCheck(name: name, outcome: .failed, detail: line)
    }
  }
}
