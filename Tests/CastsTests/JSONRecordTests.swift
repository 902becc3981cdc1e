import Events
import Glibc
import JSON
import Plan
import Postgres
import Testing
import TextFormats

@testable import PostgresOracle

/// Random JSON documents against a real server: the declared columns are what its `jsonb` operators give.
/// `JSON_DOCUMENTS` sets how many are tried, `CAST_SEED` which.
@Suite(.serialized) struct JSONRecordTests {
  private static let count = getenv("JSON_DOCUMENTS").flatMap { Int(String(cString: $0)) } ?? 2_000
  private static let documentsPerBatch = 2_000

  private static let columns = JSONDocumentColumn.all

  @Test func `Documents are read as Postgres reads them, and refused for known reasons only`() throws {
    let connection = try ScratchServer.connect()
    defer { connection.close() }
    try connection.execute(Self.functions)
    var random = RandomValues(seed: Comparison.seed)
    let order = Array(0..<RandomValues.jsonMemberCount).shuffled(using: &random)
    // One decoder for all, so that the shapes of documents are known.
    let engine = JSONEngine(Self.columns, capacity: 500)
    var (rows, refused) = (0, 0)
    for start in stride(from: 0, to: Self.count, by: Self.documentsPerBatch) {
      let documents = (start..<min(start + Self.documentsPerBatch, Self.count)).map { _ in
        random.jsonDocument(order: order)
      }
      let expected = try server(documents, connection)
      for (document, (found, expected)) in zip(documents, zip(engine.read(documents), expected)) {
        if case .row = found { rows += 1 } else { refused += 1 }
        if let difference = Self.difference(document, found, expected) {
          let shown = String(decoding: document, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: false) }
            .joined()
          Issue.record("seed \(Comparison.seed), \(shown): \(difference)")
        }
      }
    }
    #expect(rows > Self.count / 8 && refused > Self.count / 8, "\(rows) of \(Self.count) are events")
  }

  /// What the server has: a value for each column, or the document's error.
  private enum Answer {
    case values([String])
    case error(String)
  }

  /// What is different and should not be.
  private static func difference(
    _ document: [UInt8], _ found: JSONEngine.Outcome, _ expected: Answer
  ) -> String? {
    switch (found, expected) {
    case (.row(let cells), .values(let values)):
      let pairs = zip(columns, zip(cells, values))
      return pairs.first { $0.1.0 != $0.1.1 }.map { column, pair in
        "\(column.declared.name) is \(pair.0), Postgres has \(pair.1)"
      }
    case (.failure(let code, let message), .values(let values)):
      // The first of several members of one name is lost to Postgres, and levels below the 256th are read.
      if ["is there twice", "two members of one name", "nested more than"].contains(where: message.contains) {
        return nil
      }
      let column = columns.firstIndex { message.hasPrefix($0.declared.name + ": ") }
      guard let column else { return "\(message); Postgres has \(values)" }
      if states(of: code).contains(values[column]) || isKnownRefusal(of: columns[column], code, document) { return nil }
      return "\(message); Postgres has \(values[column])"
    case (.failure, .error): return nil
    case (.row, .error(let state)):
      // The whole document is no jsonb, though the value that makes it so is in no column.
      if ["22P05", "22003"].contains(state) { return nil }
      // Postgres takes no byte order mark.
      return document.starts(with: [0xEF, 0xBB, 0xBF]) ? nil : "it is read, and Postgres has the error \(state)"
    }
  }

  /// Whether it is a text that Postgres takes for a time and the engine does not, see `ValueTextTests`.
  private static func isKnownRefusal(
    of column: JSONDocumentColumn, _ code: EventErrorCode, _ document: [UInt8]
  ) -> Bool {
    guard let type = ValueTextType.all.first(where: { $0.type == column.declared.type && $0.type == .timestamptz }),
      case .row(let cells) = JSONEngine([column.asText], capacity: 1).read([document])[0]
    else { return false }
    return Refusal(cells[0], type, code) != nil
  }

  /// What the server says of a value that the engine refuses so.
  private static func states(of code: EventErrorCode) -> [String] {
    switch code {
    // A number with a fraction that is too large, too, is refused for one of them.
    case .wrongType: ["error kind", "error fraction"]
    case .outOfRange: ["error 22003", "error fraction"]
    case .invalidText: ["error 22P02", "error 22007"]
    // The second is of a number that Postgres cannot even multiply.
    case .timeOutOfRange: ["error 22008", "error 22003"]
    case .tooLong: ["error 22001"]
    default: []
    }
  }

  private static let functions = """
    CREATE FUNCTION pg_temp.fitted(t text) RETURNS text LANGUAGE plpgsql AS $body$
    DECLARE v varchar(5) := t;
    BEGIN
      RETURN v;
    END $body$;
    CREATE FUNCTION pg_temp.microseconds(m numeric) RETURNS text LANGUAGE plpgsql AS $body$
    DECLARE r numeric := CASE WHEN abs(m - trunc(m)) = 0.5 THEN 2 * round(m * 0.5) ELSE round(m) END;
    BEGIN
      IF r NOT BETWEEN -210866803200000000 AND 9223372036854775806 THEN RETURN 'error 22008'; END IF;
      RETURN encode(int8send((r - 946684800000000)::bigint), 'hex');
    END $body$;
    """
    + columns.enumerated().map { index, column in
      """

      CREATE FUNCTION pg_temp.column_\(index)(d jsonb) RETURNS text LANGUAGE plpgsql AS $body$
      DECLARE v jsonb := \(column.path);
      BEGIN
        IF v IS NULL OR jsonb_typeof(v) = 'null' THEN RETURN 'NULL'; END IF;
        \(column.kind.map { "IF jsonb_typeof(v) <> '\($0)' THEN RETURN 'error kind'; END IF;" } ?? "")
        RETURN \(column.shown);
      EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
      END $body$;
      """
    }.joined() + """

      CREATE FUNCTION pg_temp.attempt(document text) RETURNS text LANGUAGE plpgsql AS $body$
      DECLARE
        d jsonb;
      BEGIN
        BEGIN
          d := convert_from(decode(document, 'hex'), 'UTF8')::jsonb;
        EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
        END;
        IF jsonb_typeof(d) <> 'object' THEN RETURN 'error kind'; END IF;
        RETURN (SELECT string_agg(encode(convert_to(c, 'UTF8'), 'hex'), ' ' ORDER BY n)
                FROM unnest(ARRAY[\(columns.indices.map { "pg_temp.column_\($0)(d)" }.joined(separator: ", "))])
                  WITH ORDINALITY AS v (c, n));
      END $body$;
      """

  private func server(_ documents: [[UInt8]], _ connection: PostgresConnection) throws -> [Answer] {
    var array = PostgresArray(.text)
    for document in documents { array.append(hexadecimal(document)) }
    let result = try connection.query(
      "SELECT pg_temp.attempt(x) FROM unnest($1::text[]) WITH ORDINALITY AS v (x, number) ORDER BY number",
      [.array(array)])
    return (0..<result.rowCount).map { row in
      let text = result[row, 0] ?? ""
      if text.hasPrefix("error ") { return .error(String(text.dropFirst(6))) }
      return .values(text.split(separator: " ", omittingEmptySubsequences: false).map { bytes(of: $0) })
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private func bytes(of hexadecimal: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = hexadecimal.utf8[...]
    while rest.count >= 2 {
      bytes.append(UInt8(Substring(rest.prefix(2)), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The decoder with a batch.
private final class JSONEngine {
  enum Outcome {
    /// In the form of `SQLType.shown`.
    case row([String])
    case failure(EventErrorCode, String)
  }

  private let decoder: JSONRecordDecoder
  private let batch: EventBatch

  init(_ columns: [JSONDocumentColumn], capacity: Int) {
    decoder = JSONRecordDecoder(columns: columns.enumerated().map { (index: $0.offset, declared: $0.element.declared) })
    batch = EventBatch(
      specs: columns.map {
        ColumnSpec(path: [$0.declared.name], type: $0.declared.type, isNullable: $0.declared.isNullable)
      }, capacity: capacity)
  }

  func read(_ documents: [[UInt8]]) -> [Outcome] {
    let records = RecordBatch(copying: documents)
    var outcomes: [Outcome] = []
    for slice in batch.slices(of: records.records) {
      decoder.decode(records.records, slice, into: batch)
      var rows = (0..<slice.count).map { row in Outcome.row(batch.columns.map { shown($0, row) }) }
      for failure in batch.failures { rows[failure.row] = .failure(failure.code, failure.message) }
      outcomes += rows
    }
    return outcomes
  }

  private func shown(_ column: Column, _ row: Int) -> String {
    guard column.validity[row] == 1 else { return "NULL" }
    switch column.type {
    case .numeric: return String(column.decimals[row])
    case .jsonb:
      var text: [UInt8] = []
      do throws(JSONBError) {
        try appendJSONBText(of: column.texts[row].bytes, to: &text, limit: .max)
        return String(decoding: text, as: UTF8.self)
      } catch {
        return "no jsonb: \(error)"
      }
    default: return column.shown(row)
    }
  }
}
