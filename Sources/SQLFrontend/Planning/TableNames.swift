import Plan
import SQLQuoting

/// The names of result tables that are not a definition's to give.
enum TableNames {
  /// Tables, indexes and sequences that the engine's schema makes in the schema of the results.
  static let own: Set<String> = [
    "alerts", "alerts_alert_type_key_window_start_key", "alerts_id_seq", "alerts_incident", "alerts_newest",
    "alerts_open", "alerts_pkey",
    "dead_letters", "dead_letters_id_seq", "dead_letters_message_id", "dead_letters_once", "dead_letters_pkey",
    "event_log", "event_log_id_seq", "event_log_newest", "event_log_pkey",
    "forecast_errors", "trending_predictions", "trending_predictions_pkey",
  ]

  static func refusal(of name: String) -> String? {
    if own.contains(name) { return "the name \(name) is taken: a table or index of StreamPulse's own is called so" }
    return name.utf8.count > ReservedNames.maximumBytes
      ? "the name \(name) is longer than \(ReservedNames.maximumBytes) bytes" : nil
  }
}

/// What all aggregates are called in the database: a state table is called like none of the others.
struct RelationNames {
  private var owners: [String: (aggregate: String, file: String)] = [:]
  /// The files that declare tables of reference data, by name.
  private var references: [String: String] = [:]

  mutating func insert(_ plan: AggregatePlan, _ file: String) {
    for name in plan.relationNames { owners[name] = (plan.name, file) }
  }

  /// A table that is somebody else's.
  mutating func insert(_ reference: Reference) { references[reference.name] = reference.place.path }

  /// Why the plan cannot be had beside those before it.
  func conflict(of plan: AggregatePlan, in source: SourceText) -> DefinitionError? {
    let location = source.location(of: plan.name)
    if plan.hasStateTable, let refusal = TableNames.refusal(of: plan.stateTableName) {
      return source.error(
        at: location, "\(refusal); the rows of \(quotedIdentifier(plan.name)) would be stored in it",
        hint: "give the aggregate another name")
    }
    for name in plan.relationNames {
      if let file = references[name] {
        return source.error(
          at: location, "\(file) declares a table \(quotedIdentifier(name)), which the rows would be stored in",
          hint: "give the aggregate another name")
      }
      guard let (aggregate, file) = owners[name] else { continue }
      let table = quotedIdentifier(name)
      return source.error(
        at: location,
        name == plan.name
          ? "the rows of \(quotedIdentifier(aggregate)), of \(file), are stored in a table \(table)"
          : "the rows of \(quotedIdentifier(plan.name)) would be stored in a table \(table), which \(file) defines",
        hint: "give one of them another name")
    }
    return nil
  }
}

extension SourceText {
  /// Where the file names its aggregate.
  func location(of name: String) -> Int {
    tokens.first { identifier($0) == name }?.range.lowerBound ?? 0
  }

  /// The name that a file gives its aggregate, also when the rest of it cannot be read; nil when that is not to be seen.
  var aggregateName: String? { name(after: "view") }

  /// The same for a stream.
  var streamName: String? { name(after: "table") }

  private func name(after keyword: String) -> String? {
    let tokens = tokens.filter { !$0.isComment }
    guard let start = tokens.firstIndex(where: { $0.kind == .word && text($0).lowercased() == keyword }) else {
      return nil
    }
    let words = ["if", "not", "exists"]
    let name = tokens[(start + 1)...].first { !($0.kind == .word && words.contains(text($0).lowercased())) }
    guard let name else { return nil }
    return identifier(name)
  }

  /// The name that a token writes; nil for what is no name.
  func identifier(_ token: Token) -> String? {
    switch token.kind {
    case .word: return text(token).lowercased()
    case .quotedIdentifier:
      let parts = text(token).dropFirst().dropLast().split(separator: "\"\"", omittingEmptySubsequences: false)
      return parts.joined(separator: "\"")
    default: return nil
    }
  }

  /// The name as it is written at `offset`: the parser cuts long ones off.
  func writtenName(at offset: Int) -> String? {
    tokens.first { $0.range.lowerBound == offset }.flatMap(identifier)
  }
}
