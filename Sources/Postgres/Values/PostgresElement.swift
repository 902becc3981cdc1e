/// A Postgres type that parameters and arrays can have, by its fixed OIDs.
public enum PostgresElement: Sendable, CaseIterable {
  case boolean, integer, bigint, doublePrecision, numeric, text, bytea, uuid, jsonb, timestamptz, timestamp, date, time,
    bits

  var oid: UInt32 {
    switch self {
    case .boolean: 16
    case .bytea: 17
    case .bigint: 20
    case .integer: 23
    case .text: 25
    case .doublePrecision: 701
    case .date: 1082
    case .time: 1083
    case .timestamp: 1114
    case .timestamptz: 1184
    case .bits: 1562
    case .numeric: 1700
    case .uuid: 2950
    case .jsonb: 3802
    }
  }

  var arrayOID: UInt32 {
    switch self {
    case .boolean: 1000
    case .bytea: 1001
    case .bigint: 1016
    case .integer: 1007
    case .text: 1009
    case .doublePrecision: 1022
    case .date: 1182
    case .time: 1183
    case .timestamp: 1115
    case .timestamptz: 1185
    case .numeric: 1231
    case .bits: 1563
    case .uuid: 2951
    case .jsonb: 3807
    }
  }
}

/// The first byte of a jsonb value on the wire.
let jsonbVersion: UInt8 = 1

/// Postgres counts from 2000-01-01.
private let microsecondsFrom1970To2000: Int64 = 946_684_800_000_000
private let daysFrom1970To2000: Int64 = 10_957

/// Microseconds since 2000 for microseconds since 1970. What does not fit becomes a value that the server refuses, never
/// the infinity next to it.
@inline(__always)
func postgresTimestamp(_ microseconds: Int64) -> Int64 {
  if microseconds == .max || microseconds == .min { return microseconds }
  let (value, overflow) = microseconds.subtractingReportingOverflow(microsecondsFrom1970To2000)
  return overflow || value == .min ? .min + 1 : value
}

/// Days since 2000 for days since 1970; what does not fit becomes a value that the server refuses.
@inline(__always)
func postgresDate(_ days: Int64) -> Int32 {
  let value = days.subtractingReportingOverflow(daysFrom1970To2000)
  guard !value.overflow, let date = Int32(exactly: value.partialValue), date != .max, date != .min else {
    return .max - 1
  }
  return date
}

extension [UInt8] {
  @inline(__always)
  mutating func appendBigEndian<Value: FixedWidthInteger>(_ value: Value) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}
