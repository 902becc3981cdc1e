/// Why there is no figure.
public enum BenchmarkError: Error, CustomStringConvertible {
  /// A bench that got a wrong answer reports this instead of a figure.
  case wrongAnswer(String)
  case setup(String)
  /// Something that should have happened did not within its time.
  case timeout(String)
  /// Ctrl-C, or a signal to end.
  case interrupted

  public var description: String {
    switch self {
    case .wrongAnswer(let text): "wrong answer: \(text)"
    case .setup(let text): text
    case .timeout(let text): "waited in vain: \(text)"
    case .interrupted: "interrupted"
    }
  }
}
