import Events
import Plan
import SQLQuoting

/// What the rows of a result table mean: stored when the table is created, compared when its definition is loaded.
///
/// Comments, retention, lateness and the order of columns are not part of it; they may change at any time.
public struct TableShape: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    /// What it is about: `window`, `filter`, `key shop`, `column total_orders`.
    var subject: String
    var meaning: String
  }

  let entries: [Entry]

  /// - Parameter stream: the stream that the plan's columns belong to.
  public init(_ plan: AggregatePlan, of stream: StreamPlan) {
    let name: (Int) -> String = { quotedPath(stream.columns[$0].path) }
    var entries = [Entry(subject: "stream", meaning: stream.definition.name)]
    entries.append(Entry(subject: "window", meaning: Self.text(of: plan.window)))
    if let length = plan.partitionMicroseconds {
      entries.append(Entry(subject: "partitions", meaning: "of \(IntervalText.text(microseconds: length))"))
    }
    if plan.hasStateTable { entries.append(Entry(subject: "rows", meaning: "a table of their own, below a view")) }
    for join in plan.joins {
      entries.append(Entry(subject: "join \(quotedIdentifier(join.alias))", meaning: join.text(name)))
    }
    if let unnest = plan.unnest {
      entries.append(
        Entry(
          subject: "rows of",
          meaning: "\(unnest.function.rawValue)(\(unnest.array.sql(name))) as "
            + quotedIdentifier(unnest.element.name)))
    }
    if let filter = plan.filter { entries.append(Entry(subject: "filter", meaning: filter.sql(name))) }
    for key in plan.keys {
      let nullability = key.isNullable ? "" : " NOT NULL"
      entries.append(
        Entry(
          subject: "key \(quotedIdentifier(key.name))",
          meaning: "\(key.type.sqlName)\(nullability) from \(key.expression.sql(name))"))
    }
    for accumulator in plan.accumulators {
      let arguments = [accumulator.argument, accumulator.secondArgument].compactMap { $0?.sql(name) }
      let constants = accumulator.constants.isEmpty ? [] : [Literal.arraySQL(accumulator.constants)]
      let argument = (arguments + constants).joined(separator: ", ")
      let filter = accumulator.filter.map { " where \($0.sql(name))" } ?? ""
      entries.append(
        Entry(
          subject: "column \(quotedIdentifier(accumulator.column))",
          meaning:
            "\(accumulator.type.sqlName) from \(accumulator.function.rawValue)(\(argument.isEmpty ? "*" : argument))\(filter)"
        ))
    }
    for column in plan.shownColumns {
      guard case .generated(let sql) = column.role else { continue }
      entries.append(
        Entry(subject: "column \(quotedIdentifier(column.name))", meaning: "\(column.type.sqlName) from \(sql)"))
    }
    entries += Self.sources(of: plan, in: stream)
    // By way of the text, so that a planned shape equals a stored one whatever characters names have.
    self.init(description: Self.description(of: entries))
  }

  private static func text(of window: WindowAssigner) -> String {
    switch window {
    case .tumble(let size): "tumble \(IntervalText.text(microseconds: size))"
    case .calendar(let windows):
      "tumble \(windows.lengthText) in \(windows.zone?.name ?? "UTC")"
        + (windows.grain.map { " of rows of \(IntervalText.text(microseconds: $0))" } ?? "")
    case .hop(let slide, let size):
      "hop \(IntervalText.text(microseconds: slide)) of \(IntervalText.text(microseconds: size))"
    case .session(let gap, let maximum):
      "session until \(IntervalText.text(microseconds: gap)) without events"
        + (maximum.map { ", cut every \(IntervalText.text(microseconds: $0))" } ?? "")
    }
  }

  /// Where the used columns are found that are declared to be elsewhere than at their own names, or as numbers of a time.
  private static func sources(of plan: AggregatePlan, in stream: StreamPlan) -> [Entry] {
    let used = plan.usedColumns.union([stream.eventTimeColumn])
    return stream.definition.columns.compactMap { column in
      let isUsed = used.contains { stream.columns[$0].path == [column.name] }
      guard isUsed, column.path != [.member(column.name)] || column.unit != nil else { return nil }
      let unit = column.unit.map { " in \($0.rawValue)" } ?? ""
      return Entry(subject: "source of \(quotedIdentifier(column.name))", meaning: "\(column.pathText)\(unit)")
    }
  }

  /// The shape that `description` was made of.
  public init(description: String) {
    entries = description.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return Entry(subject: String(parts[0]), meaning: String(parts.dropFirst().first?.drop { $0 == " " } ?? ""))
    }
  }

  /// The name of the stream that the rows are made of.
  public var stream: String? { entries.first { $0.subject == "stream" }?.meaning }

  /// One line for each entry, sorted: equal for equal shapes. This is what is stored.
  public var description: String { Self.description(of: entries) }

  private static func description(of entries: [Entry]) -> String {
    entries.map { "\(oneLine($0.subject)): \(oneLine($0.meaning))" }.sorted().joined(separator: "\n")
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// What has changed since the table was made, for a person; nil when its rows still mean the same.
  public static func incompatibility(stored: TableShape, planned: TableShape) -> String? {
    let changes = changes(stored: stored, planned: planned)
    return changes.isEmpty ? nil : changes.joined(separator: "; ")
  }

  /// The same, one by one; none when its rows still mean the same.
  public static func changes(stored: TableShape, planned: TableShape) -> [String] {
    let before = Dictionary(stored.entries.map { ($0.subject, $0.meaning) }) { first, _ in first }
    let after = Dictionary(planned.entries.map { ($0.subject, $0.meaning) }) { first, _ in first }
    return Set(before.keys).union(after.keys).sorted().compactMap { subject -> String? in
      switch (before[subject], after[subject]) {
      case (let old?, let new?): old == new ? nil : "\(subject) was \(old), now is \(new)"
      case (let old?, nil): "\(subject) is gone (\(old))"
      case (nil, let new?): "\(subject) is new (\(new))"
      case (nil, nil): nil
      }
    }
  }
}

extension JoinPlan {
  /// The join as one writes it, and when rows are valid.
  fileprivate func text(_ column: (Int) -> String) -> String {
    let conditions = zip(reference.keyNames, keys).map { name, key in
      "\(quotedPath([alias, name])) = \(key.sql(column))"
    }
    let table = quotedIdentifier(reference.name)
    let validity = reference.validity.map { validity in
      let names = [validity.from, validity.to].map { $0.map { quotedIdentifier(reference.columns[$0].name) } ?? "ever" }
      return ", valid from \(names[0]) to \(names[1])"
    }
    return "\(isOuter ? "LEFT JOIN" : "JOIN") \(table) ON \(conditions.joined(separator: " AND "))\(validity ?? "")"
  }
}
