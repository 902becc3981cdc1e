import SQLQuoting

/// Puts aggregates behind those whose rows they read.
struct CascadeOrder {
  /// Of the aggregates, without those that read one another in a circle.
  private(set) var indices: [Int] = []
  private(set) var circular: [Int] = []
  /// An error for each circle, where it is closed.
  private(set) var cycles: [DefinitionError] = []

  /// - Parameter streams: a name that one of them has is the stream's.
  init(_ planners: [AggregatePlanner], streams: StreamCatalogue) {
    let names = planners.map { $0.syntax?.name ?? $0.source.aggregateName }
    let reads = planners.map { planner -> String? in
      guard let name = planner.syntax?.select.source else { return nil }
      return streams.streams.contains { $0.stream.name == name } ? nil : name
    }
    var left = Array(planners.indices)
    while !left.isEmpty {
      let waiting = Set(left.compactMap { names[$0] })
      let ready = left.filter { index in reads[index].map(waiting.contains) != true }
      if ready.isEmpty {
        let cycle = Self.cycle(in: left, names, reads)
        cycles.append(Self.error(of: cycle.map { planners[$0] }))
        circular += cycle
        left.removeAll(where: cycle.contains)
      } else {
        indices += ready
        left.removeAll(where: ready.contains)
      }
    }
  }

  /// Aggregates of which each reads the next, and the last the first. Each of `left` reads one of them.
  private static func cycle(in left: [Int], _ names: [String?], _ reads: [String?]) -> [Int] {
    var path: [Int] = []
    var next = left.first
    while let index = next {
      if let start = path.firstIndex(of: index) { return Array(path[start...]) }
      path.append(index)
      next = left.first { names[$0] == reads[index] }
    }
    return path
  }

  private static func error(of cycle: [AggregatePlanner]) -> DefinitionError {
    let names = cycle.map { quotedIdentifier($0.syntax?.name ?? "") }
    // In the last of the files, as two definitions of one name are refused in the later.
    let last = cycle.indices.max { cycle[$0].source.path < cycle[$1].source.path } ?? 0
    let circle = (names[last...] + names[..<last] + [names[last]]).joined(separator: " → ")
    return cycle[last].source.error(
      at: cycle[last].syntax?.select.sourceLocation ?? 0,
      cycle.count == 1
        ? "the aggregate \(names[last]) reads itself" : "aggregates read one another in a circle: \(circle)",
      hint: "let one of them read a stream")
  }
}
