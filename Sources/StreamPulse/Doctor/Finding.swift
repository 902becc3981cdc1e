import JSON

/// Something that `doctor` has found to be wrong, or likely to become so.
struct Finding {
  enum Gravity: String {
    /// It does not work, or loses something.
    case failure
    /// It works, and somebody should look at it.
    case warning
  }

  /// What it is about: `settings`, `definitions`, `postgres`, `kafka`, `stream NAME`, `process`, `api`.
  var area: String
  var gravity: Gravity
  /// One line. Never contains a secret.
  var problem: String
  /// The way on.
  var advice: String?

  static func failure(_ area: String, _ problem: String, _ advice: String? = nil) -> Finding {
    Finding(area: area, gravity: .failure, problem: problem, advice: advice)
  }

  static func warning(_ area: String, _ problem: String, _ advice: String? = nil) -> Finding {
    Finding(area: area, gravity: .warning, problem: problem, advice: advice)
  }

  /// For a terminal: a line, and its way on below it.
  var page: String {
    let mark = gravity == .failure ? "FAIL" : "warn"
    return "\(mark)  \(area): \(problem)" + (advice.map { "\n      hint: \($0)" } ?? "")
  }

  var json: JSONValue {
    .object([
      JSONMember("area", .string(area)), JSONMember("gravity", .string(gravity.rawValue)),
      JSONMember("problem", .string(problem)), JSONMember("advice", advice.map { .string($0) } ?? .null),
    ])
  }
}
