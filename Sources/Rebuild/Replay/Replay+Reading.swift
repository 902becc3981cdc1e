import Events
import Postgres
import Storage
import Threads

/// How a replay brings its shadow table forward, and goes on with one that an interrupted replay has left.
extension Replay {
  /// Goes on where a former one has stopped, if that has made rows of the same meaning from the same records.
  ///
  /// - Returns: false: it has not, or there is none.
  func resume(_ scope: ReplayScope, _ shadow: ShadowTable) throws -> Bool {
    // All records are joined with the same versions of reference data, and sessions cannot be cut by what retention has
    // removed meanwhile.
    guard isResumable, aggregate.joins.isEmpty, !aggregate.window.isSession || scope.floor == nil else { return false }
    guard let kept = try Bookmark.read(aggregate.name, table: shadow.reference, connection),
      kept.shape == shape, kept.cluster == cluster, kept.topic == topic, kept.from == scope.from,
      kept.starts.allSatisfy({ scope.starts[$0.key] == $0.value })
    else { return false }
    let ranges = kept.positions.map { ($0.key, (kept.starts[$0.key] ?? $0.value)..<$0.value) }
    let dead = try deadRecords(in: Dictionary(uniqueKeysWithValues: ranges))
    // Dead letters that were replayed meanwhile are in no row of it.
    guard dead.values.reduce(0, { $0 + Int64($1.count) }) == kept.dead else { return false }
    if let floor = scope.floor { try shadow.removeRows(endedBy: floor) }
    positions.merge(kept.positions) { $1 }
    counts = kept.counts
    deadCount = kept.dead
    resumedCount = readCount
    return true
  }

  /// What it has to read of each partition, in a pass of the topic that brings it to these positions.
  func ranges(to targets: [Int32: Offset]) -> [Int32: Range<Offset>] {
    var ranges: [Int32: Range<Offset>] = [:]
    for (partition, target) in targets {
      // A partition that began during the replay is new, and all of it is read.
      let position = positions[partition] ?? 0
      if starts[partition] == nil { starts[partition] = position }
      if positions[partition] == nil { positions[partition] = position }
      if target > position { ranges[partition] = position..<target }
    }
    return ranges
  }

  /// Adds records of a pass, in order.
  ///
  /// - Parameters:
  ///   - own: those that it has to read, as they came.
  ///   - records: their batch, whose list of records becomes the one of those that are not dead letters.
  func add(
    _ own: [Record], _ dead: [Int32: Set<Offset>], _ records: inout RecordBatch, _ run: Run, isInTransaction: Bool
  ) throws {
    var kept = 0
    for record in own {
      counts[record.partition, default: 0] += 1
      positions[record.partition] = record.offset + 1
      if dead[record.partition]?.contains(record.offset) == true {
        deadCount += 1
        continue
      }
      records.records[kept] = record
      kept += 1
    }
    records.keepFirst(kept)
    try run.engine.add(records)
    if run.engine.isFull || isResumable && Clock.monotonic() >= nextBookmark {
      try write(run, isInTransaction: isInTransaction)
    }
    let read = readCount
    try progress?(read, max(read, total))
  }

  /// Ends a pass: what the topic does not hold any more of the ranges is passed over.
  func finish(_ ranges: [Int32: Range<Offset>], _ run: Run, isInTransaction: Bool) throws {
    for (partition, range) in ranges { positions[partition] = max(positions[partition] ?? 0, range.upperBound) }
    try write(run, isInTransaction: isInTransaction)
  }

  private func write(_ run: Run, isInTransaction: Bool) throws {
    let deltas = run.engine.drain()
    guard isResumable else { return try run.shadow.add(deltas) }
    nextBookmark = Clock.monotonic() + bookmarkMicroseconds
    let bookmark = Bookmark(
      shape: shape, cluster: cluster, topic: topic, from: run.scope.from, positions: positions, starts: starts,
      counts: counts, dead: deadCount)
    guard !isInTransaction else {
      try run.shadow.add(deltas)
      return try bookmark.write(aggregate.name, connection)
    }
    try connection.transaction { () throws(PostgresError) in
      try run.shadow.add(deltas)
      try bookmark.write(aggregate.name, connection)
    }
  }

  /// Records of the ranges that are dead letters, and so are in no row.
  func deadRecords(in ranges: [Int32: Range<Offset>]) throws(PostgresError) -> [Int32: Set<Offset>] {
    var dead: [Int32: Set<Offset>] = [:]
    for (partition, range) in ranges {
      let found = try connection.query(
        DeadRecords.offsets(of: stream.plan, connection),
        [
          .text(cluster), .text(topic), .text(aggregate.name), .bigint(Int64(partition)), .bigint(range.lowerBound),
          .bigint(range.upperBound),
        ])
      dead[partition] = Set((0..<found.rowCount).compactMap { found.integer($0, 0) })
    }
    return dead
  }
}
