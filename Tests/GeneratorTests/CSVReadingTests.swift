import Events
import Replay
import Testing

@Suite struct CSVReadingTests {
  private static let comma = UInt8(ascii: ",")

  /// The records of `text` with their lines, fed in pieces of `size` bytes; nil for one that is too long.
  private func records(_ text: String, piece size: Int, maxRecordBytes: Int = 12) -> [(line: UInt64, text: String?)] {
    var splitter = CSVRecordSplitter(delimiter: Self.comma, maxRecordBytes: maxRecordBytes)
    var records: [(UInt64, String?)] = []
    func take(_ line: UInt64, _ record: CSVRecordSplitter.Record) {
      switch record {
      case .text(let bytes): records.append((line, String(decoding: bytes, as: UTF8.self)))
      case .tooLong: records.append((line, nil))
      }
    }
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<min(start + size, bytes.count)].withUnsafeBufferPointer { splitter.feed($0, take) }
    }
    splitter.finish(take)
    return records
  }

  @Test("records end at line breaks that are not in quotes, in whatever pieces they come", arguments: 1...20)
  func pieces(size: Int) {
    let text = "a,b\r\n\"1\n2\",c\n\n\"a\"\"\n\",d\nx\"y\nlast"
    let found = records(text, piece: size)
    #expect(found.map(\.text) == ["a,b", "\"1\n2\",c", "", "\"a\"\"\n\",d", "x\"y", "last"])
    #expect(found.map(\.line) == [1, 2, 4, 5, 7, 8])
  }

  @Test("what is too long ends at the next line break, also behind a quote that is never closed", arguments: 1...20)
  func tooLong(size: Int) {
    let found = records("\"open,2\n3,4\n5,6,7\n8,9\n123456789,12\n1234567890,12\n\"end", piece: size)
    #expect(found.map(\.text) == [nil, "8,9", "123456789,12", nil, "\"end"])
    #expect(found.map(\.line) == [1, 4, 5, 6, 7])
  }

  private func fields(_ record: String, delimiter: UInt8 = comma) throws -> [String] {
    var reader = CSVFields(delimiter: delimiter)
    var record = record
    return try record.withUTF8 { bytes in
      try reader.read(bytes)
      return reader.fields.map { ($0.isQuoted ? "\"" : "") + $0.text.description }
    }
  }

  @Test("a record is its fields, in quotes or not")
  func fields() throws {
    #expect(try fields("a,,b c") == ["a", "", "b c"])
    #expect(try fields("") == [""])
    #expect(try fields(",") == ["", ""])
    #expect(try fields("\"\",\"a,b\",\"say \"\"hi\"\"\",\"\"\"\"") == ["\"", "\"a,b", "\"say \"hi\"", "\"\""])
    #expect(try fields("\"x\ny\"|ü", delimiter: UInt8(ascii: "|")) == ["\"x\ny", "ü"])
  }

  @Test(
    "a record whose quotes are wrong is refused with the field",
    arguments: [
      ("a,b\"c", CSVFault.quoteInside(field: 2)), ("\"a\"b,c", .textBehindQuote(field: 1)),
      ("x,\"a", .openQuote(field: 2)),
      ("\"", .openQuote(field: 1)), ("\"\"\"", .openQuote(field: 1)),
    ])
  func faults(record: String, fault: CSVFault) {
    #expect(throws: fault) { try fields(record) }
  }
}
