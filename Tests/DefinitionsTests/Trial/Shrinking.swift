@testable import PostgresOracle

extension Trial {
  /// The trial that begins so and still differs: one definition, and as little of it and of the events as a bounded search
  /// finds.
  ///
  /// - Parameter differs: whether something is still different.
  func shrunk(to definition: Int?, _ differs: @escaping (Trial) -> Bool) -> Trial {
    var shrinking = Shrinking(smallest: self, differs: differs)
    if let definition {
      shrinking.attempt { trial in
        let shown = self.definitions[definition]
        trial.definitions = self.feeders(of: shown).reversed() + [shown]
      }
    }
    shrinking.run()
    return shrinking.smallest
  }

  /// What a person needs to see it again: the stream, the definitions, and the values that they name.
  var reproduction: String {
    let texts = definitions.map(\.text)
    let used = stream.columns.indices.filter { index in
      index == 0 || texts.contains { $0.contains(stream.columns[index].column.name) }
    }
    let lines = events.enumerated().map { number, event in
      let values = used.map { "\(stream.columns[$0].column.name) = \(event.values[$0]?.description ?? "NULL")" }
      return "  event \(number), partition \(event.partition): \(values.joined(separator: ", "))"
    }
    let tables = references.filter { table in texts.contains { $0.contains(table.name) } }.map(\.reproduction)
    let schema = stream.schema.map { "\n\($0)" } ?? ""
    return """
      seed \(seed)
      \(([stream.text + schema] + tables).joined(separator: "\n"))
      \(texts.joined(separator: "\n"))
      \(lines.joined(separator: "\n"))
      """
  }
}

extension RandomReference {
  fileprivate var reproduction: String {
    let lines = rows.map { row in
      "  \(name): \(zip(columns, row).map { "\($0.name) = \($1?.description ?? "NULL")" }.joined(separator: ", "))"
    }
    return ([text] + lines).joined(separator: "\n")
  }
}

private struct Shrinking {
  var smallest: Trial
  let differs: (Trial) -> Bool
  /// Each is a run of the engine and a few statements.
  private var attempts = 250

  init(smallest: Trial, differs: @escaping (Trial) -> Bool) {
    self.smallest = smallest
    self.differs = differs
  }

  /// Whether the change leaves the difference.
  @discardableResult
  mutating func attempt(_ change: (inout Trial) -> Void) -> Bool {
    guard attempts > 0 else { return false }
    attempts -= 1
    var smaller = smallest
    change(&smaller)
    guard differs(smaller) else { return false }
    smallest = smaller
    return true
  }

  mutating func run() {
    removeParts()
    removeEvents()
    var before: Int
    repeat {
      before = size
      removeParts()
      removeEvents()
    } while size < before && attempts > 0
  }

  private var size: Int {
    smallest.events.count
      + smallest.definitions.reduce(0) { $0 + $1.keys.count + $1.results.count + $1.evaluations.count }
  }

  private mutating func removeEvents() {
    remove(\.events)
    for index in smallest.references.indices { remove(\.references[index].rows) }
  }

  /// In ever smaller pieces.
  private mutating func remove<Element>(_ list: WritableKeyPath<Trial, [Element]>) {
    var piece = (smallest[keyPath: list].count + 1) / 2
    while piece > 0 {
      var start = 0
      while start < smallest[keyPath: list].count {
        let range = start..<min(start + piece, smallest[keyPath: list].count)
        if !attempt({ $0[keyPath: list].removeSubrange(range) }) { start += piece }
      }
      piece = piece == 1 ? 0 : (piece + 1) / 2
    }
  }

  private mutating func removeParts() {
    for number in smallest.definitions.indices.reversed() where smallest.definitions.count > 1 {
      attempt { $0.definitions.remove(at: number) }
    }
    for number in smallest.definitions.indices {
      attempt { $0.definitions[number].filter = nil }
      attempt { $0.definitions[number].having = nil }
      attempt { $0.definitions[number].windowName = nil }
      attempt { $0.definitions[number].lateness = Lateness() }
      attempt { $0.definitions[number].lateness.retentionSeconds = nil }
      attempt { $0.definitions[number].from.unnest = nil }
      for index in smallest.definitions[number].from.joins.indices.reversed() {
        attempt { $0.definitions[number].from.joins.remove(at: index) }
      }
      for index in smallest.definitions[number].results.indices.reversed() {
        guard smallest.definitions[number].results.count > 1 else { break }
        attempt { $0.definitions[number].results.remove(at: index) }
      }
      for index in smallest.definitions[number].keys.indices.reversed() {
        attempt { $0.definitions[number].keys.remove(at: index) }
      }
      for index in smallest.definitions[number].results.indices {
        attempt { $0.definitions[number].results[index].filter = nil }
      }
    }
  }
}
