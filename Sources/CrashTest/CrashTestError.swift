/// Why a crash test came to no verdict.
public enum CrashTestError: Error, CustomStringConvertible {
  /// Something that the test itself needs does not work.
  case setup(String)
  /// Something that has to happen did not, in a time that is far more than enough.
  case stuck(String)
  case interrupted

  public var description: String {
    switch self {
    case .setup(let reason): reason
    case .stuck(let what): "stuck: \(what)"
    case .interrupted: "interrupted"
    }
  }
}
