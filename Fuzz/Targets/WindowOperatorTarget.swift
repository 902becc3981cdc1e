import AvroTestSupport
import Dataflow
import Events
import Plan
import SQLFrontend

extension FuzzTarget {
  /// Events of any value: each is accounted for, and rows come out the same however the events are cut into batches.
  static let windowOperator = FuzzTarget("window-operator") {
    let stream = try EventStream()
    let plan = try stream.plan(
      aggregates.enumerated().map { SourceFile(path: "\($0.offset).sql", text: $0.element) })
    let engines = [Engine(plan, seed: 1), Engine(plan, seed: 2)]
    return { input in
      var reader = InputReader(input)
      let watermark = reader.below(2) == 0 ? nil : eventTime(&reader)
      var rows: [[Cell]] = []
      while !reader.isAtEnd, rows.count < Engine.capacity { rows.append(plan.columns.map { cell($0, &reader) }) }
      guard !rows.isEmpty else { return }

      let together = try engines[0].run([rows], watermark: watermark)
      let apart = try engines[1].run(rows.map { [$0] }, watermark: watermark)
      try require(together == apart, "\(together) in one batch, but \(apart) one by one")
    }
  }

  /// Together all functions, operators and casts of definitions, and keys of every type.
  private static let aggregates = [
    """
    CREATE MATERIALIZED VIEW plain AS
    SELECT "user".region, extra.flag, extra.day,
           count(*) AS events, count(extra.day) AS days, sum(download.duration_seconds) AS seconds,
           avg(download.speed_mbps) AS speed, min(content.title COLLATE "C") AS first_title,
           max(content.title COLLATE "C") AS last_title, sum(extra.price) AS price, min(extra.local) AS first_local,
           max(extra.clock) AS last_clock, sum(extra.big) AS big,
           count(*) FILTER (WHERE download.status = 'success' OR download.error_code IS NULL) AS good
    FROM content_downloads
    GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region, extra.flag, extra.day;
    """,
    """
    CREATE MATERIALIZED VIEW computed WITH (retention = '1 day', late = 'drop', allowed_lateness = '1 minute') AS
    SELECT (CASE WHEN extra.flag THEN extra.big / download.duration_seconds ELSE extra.big % 7 END) AS share,
           extra.price, count(*) AS events,
           sum(download.duration_seconds * 1000 - 5) AS scaled,
           max(extra.big + 1) AS next,
           min(- download.duration_seconds) AS negated,
           sum(download.speed_mbps / content.size_gb) AS ratio,
           max(download.speed_mbps * download.speed_mbps) AS square
    FROM content_downloads
    WHERE extra.big BETWEEN -1000000 AND 9000000000000000000 OR download.status IN ('success', 'failed')
    GROUP BY tumble("timestamp", INTERVAL '1 hour'), 1, extra.price;
    """,
    """
    CREATE MATERIALIZED VIEW casts AS
    SELECT extra.id::text AS id, download.speed_mbps::text AS speed, download.duration_seconds::boolean AS lasts,
           count(*) AS events,
           sum(content.title::integer) AS number,
           sum(content.title::double precision) AS real,
           sum(extra.big::integer) AS narrow,
           sum(download.speed_mbps::bigint) AS rounded,
           sum(extra.price::double precision) AS price,
           max(extra.local::date) AS day,
           max(extra.day::timestamp) AS midnight,
           max(extra.price::text COLLATE "C") AS written
    FROM content_downloads
    WHERE NOT (coalesce(extra.flag, content.type::boolean) AND nullif(content.content_id, 'x') IS NULL)
    GROUP BY tumble("timestamp", INTERVAL '1 day'), 1, 2, 3;
    """,
    """
    CREATE MATERIALIZED VIEW elements WITH (retention = '1 day', late = 'drop') AS
    SELECT tag, count(*) AS tags, max(tag COLLATE "C") FILTER (WHERE extra.flag) AS last,
           sum(tag::integer) FILTER (WHERE tag LIKE '1%') AS numbers, sum(extra.big) AS big
    FROM content_downloads, jsonb_array_elements_text(extra.tags) AS tag
    WHERE jsonb_typeof(extra.tags) = 'array' AND (tag <> 'failed' OR tag IS NULL)
    GROUP BY tumble("timestamp", INTERVAL '1 minute'), tag;
    """,
  ]
}

/// 2026-01-01T00:00:00Z.
private let now: Int64 = 1_767_225_600_000_000

/// What came of the events: why each failed, and the rows of all aggregates.
private struct Result: Equatable {
  var failures: [String] = []
  var rows: [String] = []
}

/// An operator that serves all inputs, one after the other, as in production: nothing may be left of those before.
private final class Engine {
  static let capacity = 24

  private let plan: StreamPlan
  private let batch: EventBatch
  private let windows: WindowOperator

  init(_ plan: StreamPlan, seed: UInt64) {
    self.plan = plan
    batch = EventBatch(specs: plan.columns, capacity: Self.capacity)
    windows = WindowOperator(plan, batch: batch, seed: seed)
  }

  func run(_ batches: [[[Cell]]], watermark: Int64?) throws -> Result {
    var result = Result()
    var first = 0
    // Events, or the rows that they have become.
    var taken = [Int](repeating: 0, count: plan.aggregates.count)
    for rows in batches {
      fill(batch, rows)
      let half = rows.count / 2
      let runs = [
        PartitionRun(partition: 0, rows: 0..<half), PartitionRun(partition: 1, rows: half..<rows.count),
      ]
      let counts = windows.process(batch, runs: runs, now: now, watermark: watermark)
      for (run, count) in zip(runs, counts) {
        try require(count.consumed == run.rows.count && count.dead >= 0, "\(count) of \(run)")
        for (index, aggregate) in count.aggregates.enumerated() {
          let sum = aggregate.aggregated + aggregate.filtered + aggregate.late + count.dead
          try require(sum == count.consumed && aggregate.aggregated >= 0, "\(aggregate) and \(count.dead) of \(count)")
          taken[index] += plan.aggregates[index].unnest == nil ? aggregate.aggregated : aggregate.rows
        }
      }
      let dead = counts.reduce(0) { $0 + $1.dead }
      try require(dead == batch.failures.count, "\(dead) dead, but the failures \(batch.failures)")
      result.failures += batch.failures.map { "\($0.row + first): \($0.code) \($0.message)" }
      first += rows.count
    }
    for delta in windows.drain() {
      let aggregate = plan.aggregates[delta.aggregate]
      try require((1...taken[delta.aggregate]).contains(delta.rowCount), "\(delta.rowCount) rows of \(aggregate)")
      // Every aggregate above counts its events: what is counted is what was taken.
      let counter = aggregate.accumulators.firstIndex {
        $0.function == .count && $0.argument == nil && $0.filter == nil
      }
      if let counter {
        let sum = (0..<delta.rowCount).reduce(0) { $0 + delta.accumulators[counter].integer($1) }
        try require(sum == taken[delta.aggregate], "\(sum) counted of \(taken[delta.aggregate])")
      }
      for row in 0..<delta.rowCount {
        let cells = (delta.keys + delta.accumulators).map { $0.cell(row) }
        result.rows.append("\(aggregate.name) \(delta.windowStarts[row]) \(cells)")
      }
    }
    result.failures.sort()
    result.rows.sort()
    return result
  }
}

private func fill(_ batch: EventBatch, _ rows: [[Cell]]) {
  batch.reset(count: rows.count)
  for (row, cells) in rows.enumerated() {
    for (column, cell) in zip(batch.columns, cells) {
      column.validity[row] = cell == .null ? 0 : 1
      switch cell {
      case .null: if column.type.physical == .text { column.texts[row] = .empty }
      case .boolean(let value): column.booleans[row] = value ? 1 : 0
      case .integer(let value): column.integers[row] = value
      case .decimal(let value): column.decimals[row] = value
      case .double(let bits): column.doubles[row] = Double(bitPattern: bits)
      case .array: column.validity[row] = 0
      case .bytes(let bytes): column.texts[row] = bytes.withUnsafeBufferPointer { batch.arena.append($0) }
      }
    }
  }
}

extension DeltaColumn {
  fileprivate func cell(_ row: Int) -> Cell {
    if isNull(row) { return .null }
    switch type.physical {
    case .boolean: return .boolean(boolean(row))
    case .integer: return .integer(integer(row))
    case .decimal: return .decimal(decimal(row))
    case .double: return .real(double(row))
    case .text: return .bytes(withText(row) { Array($0) })
    }
  }
}

// MARK: - Values that a decoder can give

/// Mostly near `now`, so that windows are shared.
private func eventTime(_ reader: inout InputReader) -> Int64 {
  reader.below(8) == 0 ? Int64(bitPattern: reader.bits()) : now - Int64(reader.below(256)) * 10_000_000
}

private func cell(_ spec: ColumnSpec, _ reader: inout InputReader) -> Cell {
  if spec.isNullable, reader.below(4) == 0 { return .null }
  switch spec.type {
  case .boolean: return .boolean(reader.below(2) == 1)
  case .timestamptz: return .integer(eventTime(&reader))
  case .integer: return .integer(Int64(Int32(truncatingIfNeeded: integer(&reader))))
  case .bigint, .timestamp: return .integer(integer(&reader))
  case .date: return .integer(min(max(integer(&reader), -2_440_588), 2_145_042_905))
  case .time: return .integer(min(max(integer(&reader), 0), 86_400_000_000))
  case .numeric, .interval:
    let limit: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
    let value = Int128(integer(&reader)) * (reader.below(4) == 0 ? 10_000_000_000_000_000_000 : 1)
    return .decimal(min(max(value, -limit), limit))
  case .doublePrecision:
    return .real(reader.below(2) == 0 ? Double(reader.byte()) / 4 : Double(bitPattern: reader.bits()))
  case .jsonb: return .bytes(document(&reader))
  case .text, .bytea, .uuid, .bits, .array: return .bytes(text(&reader))
  }
}

/// Mostly an array.
private func document(_ reader: inout InputReader) -> [UInt8] {
  let elements = ["null", "\"a\"", "1", "12", "\"1x\"", "{\"b\": [2]}", "\"failed\"", "\"\\u0000\"", "true", "\"1\""]
  if reader.below(8) == 0 { return text(&reader) }
  let count = reader.below(8) == 0 ? reader.below(256) : reader.below(4)
  // Hardly ever one that makes the event fail.
  let list = (0..<count).map { _ in
    elements[reader.below(16) == 0 ? reader.below(10) : [0, 1, 2, 3, 5, 6, 8, 9][reader.below(8)]]
  }
  return Array("[\(list.joined(separator: ","))]".utf8)
}

private func integer(_ reader: inout InputReader) -> Int64 {
  switch reader.below(4) {
  case 0: Int64(reader.byte()) - 128
  case 1: [Int64.min, .max, 0, -1, Int64(Int32.min), Int64(Int32.max)][reader.below(6)]
  default: Int64(bitPattern: reader.bits())
  }
}

private func text(_ reader: inout InputReader) -> [UInt8] {
  let texts = ["", "success", "true", " -42 ", "1e308", "9223372036854775808", "nan", "0x1p3", "é", "failed"]
  switch reader.below(4) {
  case 0: return Array(texts[reader.below(texts.count)].utf8)
  // Longer than a key may be.
  case 1: return [UInt8](repeating: reader.byte(), count: reader.below(256) * 16)
  default: return reader.take(reader.below(24))
  }
}
