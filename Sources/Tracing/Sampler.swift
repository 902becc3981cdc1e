/// Decides which traces are recorded: OpenTelemetry's samplers.
public struct Sampler: Hashable, Sendable {
  /// What decides where nobody has decided before.
  public enum Root: Hashable, Sendable {
    case always
    case never
    /// A share of all traces, the same ones in every service that is told the same share.
    case ratio(Double)
  }

  public var root: Root
  /// What the caller has decided counts, where there is one.
  public var followsParent: Bool

  public init(_ root: Root, followsParent: Bool) {
    self.root = root
    self.followsParent = followsParent
  }

  /// Those that `init(name:ratio:)` knows.
  public static let names = [
    "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
    "parentbased_traceidratio",
  ]

  /// As `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` have it; nil for another name.
  public init?(name: String, ratio: Double) {
    let prefix = "parentbased_"
    followsParent = name.hasPrefix(prefix)
    switch followsParent ? name.dropFirst(prefix.count) : name[...] {
    case "always_on": root = .always
    case "always_off": root = .never
    case "traceidratio": root = .ratio(ratio)
    default: return nil
    }
  }

  /// - Parameter parent: the caller's span; nil: the trace begins here.
  public func samples(_ trace: TraceID, under parent: TraceContext?) -> Bool {
    if followsParent, let parent { return parent.isSampled }
    switch root {
    case .always: return true
    case .never: return false
    case .ratio(let ratio):
      guard ratio > 0 else { return false }
      guard ratio < 1 else { return true }
      // The random part is the last: 63 bits of it, as other implementations compare them.
      return trace.low >> 1 < UInt64(ratio * 0x1p63)
    }
  }
}
