import SampleText
import Testing

@Suite struct SampleColumnsTests {
  private func columns(_ header: String) throws(SampleTextError) -> SampleColumns {
    let bytes = Array(header.utf8)
    let result: Result<SampleColumns, SampleTextError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(SampleTextError) { return .success(try SampleColumns(header: buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private struct Read: Equatable {
    var time: Int64
    var value: Double
    var timestamp: String
  }

  private func read(_ line: String, header: String = "timestamp,value") throws(SampleTextError) -> Read {
    let columns = try columns(header)
    let bytes = Array(line.utf8)
    let result: Result<Read, SampleTextError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(SampleTextError) {
        let row = try columns.row(buffer)
        return .success(
          Read(
            time: row.sample.time, value: row.sample.value, timestamp: String(decoding: row.timestamp, as: UTF8.self)))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  @Test(
    "times are ISO 8601, with or without an offset, or numbers since 1970 in the unit that their size tells",
    arguments: [
      ("1970-01-02T00:00:00Z", 86_400_000_000), ("1970-01-02 00:00:00", 86_400_000_000),
      ("1970-01-02 00:00", 86_400_000_000), ("1970-01-02", 86_400_000_000),
      ("1970-01-02T02:00:00+02:00", 86_400_000_000), ("\"1970-01-02 00:00:00\"", 86_400_000_000),
      ("86400", 86_400_000_000), ("86400.25", 86_400_250_000), ("1754000000", 1_754_000_000_000_000),
      ("1754000000123", 1_754_000_000_123_000), ("1754000000123456", 1_754_000_000_123_456),
      ("1754000000123456000", 1_754_000_000_123_456), ("-86400", -86_400_000_000),
    ])
  func times(text: String, microseconds: Int64) throws {
    #expect(try read(text + ",1").time == microseconds)
  }

  @Test("a time is given back as it was written")
  func echo() throws {
    #expect(try read("2025-08-31 08:00:00,1").timestamp == "2025-08-31 08:00:00")
  }

  @Test("values are decimal numbers", arguments: [("42", 42), ("-1.5e3", -1500), (" 7 ", 7), ("\"0.25\"", 0.25)])
  func values(text: String, value: Double) throws {
    #expect(try read("0,\(text)").value == value)
  }

  @Test("a missing value is a row all the same", arguments: ["", " ", "null", "NULL", "NaN", "nan", "NA"])
  func missing(text: String) throws {
    #expect(try read("0,\(text)").value.isNaN)
  }

  @Test("columns are found by their names, in any order and case, beside others")
  func names() throws {
    let row = try read("\"a, b\",5,x,60", header: "note,Value,other,TimeStamp")
    #expect(row == Read(time: 60_000_000, value: 5, timestamp: "60"))
  }

  @Test(
    "what is wrong is said, with what would be right",
    arguments: [
      ("timestamp,value", "yesterday,1", "no time", "seconds since 1970"),
      ("timestamp,value", "2025-13-01,1", "no time", "2025-08-31T08:00:00Z"),
      ("timestamp,value", "0,much", "no number", "decimal number"),
      ("timestamp,value", "0", "1 of at least 2 fields", "42"),
      ("time,value", "0,1", "no column timestamp, but time,value", "timestamp,value"),
      ("timestamp,value", "1e300,1", "no time", "1970"), ("timestamp,value", "0,0x10", "no number", "decimal"),
    ])
  func errors(header: String, line: String, message: String, hint: String) {
    do throws(SampleTextError) {
      _ = try read(line, header: header)
      Issue.record("\(line) was taken")
    } catch {
      #expect(error.message.contains(message))
      #expect(error.hint.contains(hint))
    }
  }
}
