import Dataflow
import Events
import Plan
import Processing

/// A table of reference data: which group a key belongs to, and when. Some keys have none, some change it in the middle of
/// a schedule.
enum SimulatedGroups {
  static let reference = Reference(
    name: "groups",
    columns: [
      Reference.Column(name: "key", type: .integer, isNullable: false),
      Reference.Column(name: "grp", type: .integer, isNullable: false),
      Reference.Column(name: "since", type: .timestamptz, isNullable: true),
      Reference.Column(name: "until", type: .timestamptz, isNullable: true),
    ], key: [0], validity: Reference.Validity(from: 2, to: 3))
  /// The group, among the columns.
  static let group = 1

  private struct Row {
    var key: Int64
    var group: Int64
    var since: Int64?
    var until: Int64?
  }

  private static let middle = World.start + 3 * second
  private static let rows = [
    Row(key: 0, group: 10, until: middle), Row(key: 0, group: 11, since: middle), Row(key: 1, group: 20),
    Row(key: 2, group: 20, since: middle - 60 * second), Row(key: 4, group: 10, until: middle + 5 * second),
  ]
  /// What is added while processors run is of a time that no event has.
  private static let additions = [
    Row(key: 3, group: 30, since: World.start + 86_400 * second),
    Row(key: 4, group: 40, since: World.start + 86_400 * second),
  ]

  /// The group of a key at a time of events; nil: none.
  static func group(of key: Int64, at time: Int64) -> Int64? {
    rows.first { $0.key == key && $0.since ?? .min <= time && time < $0.until ?? .max }?.group
  }

  /// As it is in the beginning, and later.
  static let versions = [rows, rows + additions].map { rows in
    ReferenceSet([table(of: rows)].compactMap { $0 })
  }

  private static func table(of rows: [Row]) -> ReferenceTable? {
    let builder = ReferenceTableBuilder(reference, seed: 1)
    for row in rows {
      let values = [row.key, row.group, row.since, row.until]
      try? builder.addRow { column, take in
        guard let value = values[column] else { return take(nil) }
        var text = String(value)
        text.withUTF8 { take($0) }
      }
    }
    return try? builder.finish()
  }
}

/// What one worker has of the table: some time it sees that there is a later version.
///
/// `@unchecked Sendable`: a schedule runs on one thread.
final class SimulatedReferences: ReferenceVersions, @unchecked Sendable {
  private let world: World
  private var version = 0

  init(_ world: World) {
    self.world = world
  }

  var current: ReferenceSet? {
    if version + 1 < SimulatedGroups.versions.count, world.random.chance(0.05) {
      version += 1
      world.reached(.newReferences)
    }
    return SimulatedGroups.versions[version]
  }
}
