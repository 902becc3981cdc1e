import Hexadecimal

/// The path of a route, in which whole segments may be parameters: `/metrics/city/{city_id}`.
public struct PathTemplate: Hashable, Sendable, CustomStringConvertible {
  public enum Segment: Hashable, Sendable {
    case literal(String)
    case parameter(String)
  }

  /// As it is written.
  public let text: String
  /// What stands between the slashes. Of `/` there are none.
  public let segments: [Segment]

  /// nil when it is none: it begins with `/`; between slashes stands a text of letters, digits and `-._~`, though no
  /// `.` or `..`, or the name of a parameter in braces. Parameters have different names.
  public init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    var segments: [Segment] = []
    if text != "/" {
      for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
        guard let segment = Self.segment(part) else { return nil }
        segments.append(segment)
      }
    }
    let names = segments.compactMap(\.parameter)
    guard Set(names).count == names.count else { return nil }
    (self.text, self.segments) = (text, segments)
  }

  /// A path without parameters, of segments that are plain.
  public init(literals: [String]) {
    text = "/" + literals.joined(separator: "/")
    segments = literals.map { .literal($0) }
  }

  private static func segment(_ text: Substring) -> Segment? {
    if text.hasPrefix("{"), text.hasSuffix("}") {
      let name = String(text.dropFirst().dropLast())
      return EndpointPlan.Parameter.isName(name) ? .parameter(name) : nil
    }
    guard !text.isEmpty, text != ".", text != "..", percentEncoded(String(text)) == text else { return nil }
    return .literal(String(text))
  }

  public var description: String { text }

  /// The names of its parameters, from left to right.
  public var parameters: [String] { segments.compactMap(\.parameter) }

  /// Two paths of one shape mean the same requests: the names of parameters are left out.
  public var shape: String {
    "/" + segments.map { if case .literal(let text) = $0 { text } else { "{}" } }.joined(separator: "/")
  }

  /// What a path gives for each parameter, from left to right; nil when it is none of these. An empty segment is no value.
  ///
  /// - Parameter path: its segments, decoded.
  public func values(in path: [String]) -> [String]? {
    guard path.count == segments.count else { return nil }
    var values: [String] = []
    for (segment, text) in zip(segments, path) {
      switch segment {
      case .literal(let literal): if literal != text { return nil }
      case .parameter:
        if text.isEmpty { return nil }
        values.append(text)
      }
    }
    return values
  }

  /// Whether it is asked before the other one when both fit: what it says itself stands further to the left.
  public func precedes(_ other: PathTemplate) -> Bool {
    for (own, others) in zip(segments, other.segments) where (own.parameter == nil) != (others.parameter == nil) {
      return own.parameter == nil
    }
    return false
  }
}

extension PathTemplate.Segment {
  fileprivate var parameter: String? { if case .parameter(let name) = self { name } else { nil } }
}
