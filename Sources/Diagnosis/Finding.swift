import JSON

/// Something that `doctor` has found to be wrong, or likely to become so.
public struct Finding: Hashable, Sendable {
  public enum Gravity: String, Hashable, Sendable {
    /// It does not work, or loses something.
    case failure
    /// It works, and somebody should look at it.
    case warning
  }

  /// What it is about: `settings`, `definitions`, `postgres`, `kafka`, `stream NAME`, `process`, `api`, `target NAME`, …
  public var area: String
  public var gravity: Gravity
  /// One line. Never contains a secret.
  public var problem: String
  /// The way on.
  public var advice: String?

  public static func failure(_ area: String, _ problem: String, _ advice: String? = nil) -> Finding {
    Finding(area: area, gravity: .failure, problem: problem, advice: advice)
  }

  public static func warning(_ area: String, _ problem: String, _ advice: String? = nil) -> Finding {
    Finding(area: area, gravity: .warning, problem: problem, advice: advice)
  }

  /// For a terminal: a line, and its way on below it.
  public var page: String {
    let mark = gravity == .failure ? "FAIL" : "warn"
    return "\(mark)  \(area): \(problem)" + (advice.map { "\n      hint: \($0)" } ?? "")
  }

  public var json: JSONValue {
    .object([
      JSONMember("area", .string(area)), JSONMember("gravity", .string(gravity.rawValue)),
      JSONMember("problem", .string(problem)), JSONMember("advice", advice.map { .string($0) } ?? .null),
    ])
  }
}
