import CLibPQ

/// The rows that a statement gave, in text form. The owner of a `PGresult`.
///
/// `@unchecked Sendable`: libpq never changes a result after it was handed out, and it is freed once, in `deinit`.
public final class PostgresResult: @unchecked Sendable {
  private let handle: OpaquePointer
  public let rowCount: Int
  public let columnCount: Int

  /// Takes ownership.
  init(_ handle: OpaquePointer) {
    self.handle = handle
    rowCount = Int(PQntuples(handle))
    columnCount = Int(PQnfields(handle))
  }

  deinit {
    PQclear(handle)
  }

  func withHandle<Value>(_ body: (OpaquePointer) -> Value) -> Value { body(handle) }

  /// The names of the columns.
  public var columns: [String] {
    (0..<columnCount).map { PQfname(handle, Int32($0)).map { String(cString: $0) } ?? "" }
  }

  /// The position of a column; nil when there is none of that name. The name is as Postgres stores it.
  public func column(_ name: String) -> Int? {
    (0..<columnCount).first { PQfname(handle, Int32($0)).map { String(cString: $0) } == name }
  }

  /// What the statement did, e.g. "INSERT 0 3".
  public var commandTag: String { String(cString: PQcmdStatus(handle)) }

  /// How many rows it returned, inserted, updated or deleted; 0 for others.
  public var affectedRows: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

  /// A value as Postgres writes it; nil for NULL and outside the result.
  public subscript(row: Int, column: Int) -> String? {
    withBytes(row, column) { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// nil for NULL and for what is no whole number of 64 bits.
  public func integer(_ row: Int, _ column: Int) -> Int64? { self[row, column].flatMap { Int64($0) } }

  /// nil for NULL and for what is no number.
  public func double(_ row: Int, _ column: Int) -> Double? { self[row, column].flatMap { Double($0) } }

  /// nil for NULL and for what is no boolean.
  public func boolean(_ row: Int, _ column: Int) -> Bool? {
    switch self[row, column] {
    case "t": true
    case "f": false
    default: nil
    }
  }

  /// The bytes of a `bytea`; nil for NULL and for what is none.
  public func bytea(_ row: Int, _ column: Int) -> [UInt8]? {
    withBytes(row, column) { bytes in
      guard let bytes, bytes.count >= 2, bytes[0] == UInt8(ascii: "\\"), bytes[1] == UInt8(ascii: "x") else {
        return nil
      }
      var length = 0
      guard let decoded = PQunescapeBytea(bytes.baseAddress, &length) else { return nil }
      defer { PQfreemem(decoded) }
      return Array(UnsafeBufferPointer(start: decoded, count: length))
    }
  }

  /// The value's bytes without a copy, valid for the time of the call; nil for NULL and outside the result.
  public func withBytes<Value>(_ row: Int, _ column: Int, _ body: (UnsafeBufferPointer<UInt8>?) -> Value) -> Value {
    guard (0..<rowCount).contains(row), (0..<columnCount).contains(column),
      PQgetisnull(handle, Int32(row), Int32(column)) == 0, let start = PQgetvalue(handle, Int32(row), Int32(column))
    else { return body(nil) }
    let count = Int(PQgetlength(handle, Int32(row), Int32(column)))
    return start.withMemoryRebound(to: UInt8.self, capacity: count) {
      body(UnsafeBufferPointer(start: $0, count: count))
    }
  }
}
