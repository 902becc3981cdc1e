/// Why there is no figure.
public enum BenchmarkError: Error, CustomStringConvertible {
  /// A bench that got a wrong answer reports this instead of a figure.
  case wrongAnswer(String)
  case setup(String)

  public var description: String {
    switch self {
    case .wrongAnswer(let text): "wrong answer: \(text)"
    case .setup(let text): text
    }
  }
}
