/// How serious an alert is. The raw value is what users see.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
  case info = "INFO"
  case warning = "WARNING"
  case critical = "CRITICAL"

  private var rank: Int {
    switch self {
    case .info: 0
    case .warning: 1
    case .critical: 2
    }
  }

  public static func < (left: Severity, right: Severity) -> Bool {
    left.rank < right.rank
  }
}
