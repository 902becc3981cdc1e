import Downloads
import Events
import Postgres

/// What the rows of one aggregate add up to.
struct AggregateTotals: Equatable, CustomStringConvertible {
  var rows = 0
  var events = 0
  var successful = 0
  var failed = 0
  /// Sizes are multiples of 2^-10, so that the sum is exact in whatever order it was made.
  var sizeGB = 0.0

  var description: String {
    "\(rows) rows, \(events) events, \(successful) successful, \(failed) failed, \(sizeGB) GB"
  }
}

/// What the three shipped aggregates must hold, counted from the events without the engine.
struct CorpusTotals {
  /// A window and a key. The synthesizer keeps every text once: equal texts of an event's field have equal addresses.
  private struct Group: Hashable {
    var minute: Int64
    var first: UnsafePointer<UInt8>
    var second: UnsafePointer<UInt8>?
  }

  private(set) var events = 0
  private(set) var payloadBytes = 0
  private var all = AggregateTotals()
  private var contents: Set<Group> = []
  private var places: Set<Group> = []
  private var devices: Set<Group> = []

  mutating func add(_ event: DownloadEvent, payloadBytes bytes: Int) {
    events += 1
    payloadBytes += bytes
    all.events += 1
    if event.status == .success { all.successful += 1 }
    if event.status == .failed { all.failed += 1 }
    all.sizeGB += event.sizeGB
    let minute = event.timestampMilliseconds / 60_000
    contents.insert(Group(minute: minute, first: event.contentID.start))
    places.insert(Group(minute: minute, first: event.place.start))
    devices.insert(Group(minute: minute, first: event.deviceType.start, second: event.osVersion.start))
  }

  /// Compares with the rows in the database.
  func check(_ connection: PostgresConnection) throws {
    let columns = [
      (ShippedProject.byContent, contents.count), (ShippedProject.byPlace, places.count),
      (ShippedProject.byDevice, devices.count),
    ]
    for (name, rows) in columns {
      let (table, count) = (name.table, name.column)
      let result = try connection.query(
        """
        SELECT count(*), sum(\(count)), sum(successful_downloads), sum(failed_downloads), sum(total_size_gb)
        FROM \(table)
        """)
      var found = AggregateTotals()
      found.rows = Int(result.integer(0, 0) ?? 0)
      found.events = Int(result.integer(0, 1) ?? 0)
      found.successful = Int(result.integer(0, 2) ?? 0)
      found.failed = Int(result.integer(0, 3) ?? 0)
      found.sizeGB = result.double(0, 4) ?? 0
      var expected = all
      expected.rows = rows
      guard found == expected else {
        throw BenchmarkError.wrongAnswer("\(table) has \(found) instead of \(expected)")
      }
    }
  }
}
