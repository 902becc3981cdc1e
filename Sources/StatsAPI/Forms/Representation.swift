import HTTPServer

/// The forms in which an endpoint's result is given, the preferred one first.
enum Representation: Hashable, CaseIterable {
  case json
  case csv
  case jsonLines
  case eventStream

  /// Without parameters.
  var mediaType: String {
    switch self {
    case .json: "application/json"
    case .csv: "text/csv"
    case .jsonLines: "application/x-ndjson"
    case .eventStream: "text/event-stream"
    }
  }

  var contentType: String { self == .csv ? "text/csv; charset=utf-8; header=present" : mediaType }

  /// What `?format=` calls it; an event stream is a way of sending and asked for by `Accept` alone.
  var name: String? {
    switch self {
    case .json: "json"
    case .csv: "csv"
    case .jsonLines: "jsonl"
    case .eventStream: nil
    }
  }

  static let names = allCases.compactMap(\.name)

  /// The form that an `Accept` header asks for (RFC 9110, section 12.5.1): of the greatest weight, and among equals what
  /// is named rather than covered by a wildcard. Who names another beside JSON, which everybody reads, gets that. A header
  /// that fits none is as good as none, which the RFC leaves open: a browser's or a monitor's must not end in 406.
  init(accept: String?) {
    self = accept.flatMap(Self.wanted) ?? .json
  }

  /// The same for the request that comes most often, without a text of its own.
  init(_ head: borrowing RequestHead) {
    let isPlain = head.withHeader("Accept") { value in
      guard let value else { return true }
      return value.elementsEqual("*/*".utf8) || value.elementsEqual("application/json".utf8)
    }
    self = isPlain ? .json : Self(accept: head.header("Accept"))
  }

  private static func wanted(accept: String) -> Representation? {
    let ranges = WeightedNames(accept).items
    var best: (form: Representation, weight: Int, precision: Int)?
    for form in allCases {
      // The most precise range that covers it decides, whatever less precise ones say.
      let candidates = ranges.compactMap { range in precision(of: range.name, for: form).map { (range.weight, $0) } }
      guard let (weight, precision) = candidates.max(by: { $0.1 < $1.1 }), weight > 0 else { continue }
      if let best, (best.weight, best.precision) > (weight, precision) { continue }
      if let best, best.weight == weight, best.precision == precision, precision < 2 { continue }
      best = (form, weight, precision)
    }
    return best?.form
  }

  private static func precision(of range: String, for form: Representation) -> Int? {
    if range == form.mediaType { return 2 }
    if form == .jsonLines, range == "application/jsonl" { return 2 }
    if range == form.mediaType.prefix(while: { $0 != "/" }) + "/*" { return 1 }
    return range == "*/*" || range == "*" ? 0 : nil
  }
}
