import Avro
import AvroTestSupport
import Donations
import Downloads
import EventEncoding
import Events
import JSON
import Metrics
import Synthesis
import Testing
import Trips

/// What rows are written as.
@Suite struct FormTests {
  private let form = EventForm(
    name: "Sample", doc: "A \"sample\".", timeText: .iso8601,
    fields: [
      .init("id", .text), .init("count", .integer), .init("size", .bigint), .init("ratio", .double),
      .init("at", .time, doc: "When."), .init("note", .text, isNullable: true),
      .init("cost", .double, isNullable: true), .init("tags", .tags),
    ])

  /// Calls `body` with a row whose texts live as long as it runs.
  private func withRow<Result>(note: TextView?, _ body: (EventRow) throws -> Result) rethrows -> Result {
    let tags = [
      Tag(name: TextView("host"), value: TextView("web-1")), Tag(name: TextView("a \"b\""), value: TextView("ü")),
    ]
    return try tags.withUnsafeBufferPointer { tags in
      let row = EventRow(count: form.fields.count)
      row[0] = .text(TextView("a,b"))
      row[1] = .integer(-3)
      row[2] = .integer(1 << 40)
      row[3] = .double(0.25)
      row[4] = .time(newYear + 7)
      row[5] = note.map { .text($0) } ?? .null
      row[6] = note == nil ? .null : .double(1.5)
      row[7] = .tags(tags)
      return try body(row)
    }
  }

  @Test("JSON has a member for each field, null where there is no value")
  func json() {
    let text = withRow(note: nil) { row in
      var bytes: [UInt8] = []
      JSONForm(form).append(row, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(
      text == #"{"id":"a,b","count":-3,"size":1099511627776,"ratio":0.25,"at":"2026-01-01T00:00:00.007Z","#
        + #""note":null,"cost":null,"tags":{"host":"web-1","a \"b\"":"ü"}}"#)
  }

  @Test("paths nest objects and arrays; what nobody fills is null")
  func nesting() throws {
    let form = try JSONForm(
      paths: [
        [.member("a"), .member("b")], [.member("c")], [.member("a"), .member("d"), .element(2)],
        [.member("a"), .member("d"), .element(0), .member("é\"")],
      ], timeText: .epochMilliseconds)
    let row = EventRow(count: 4)
    for index in 0..<4 { row[index] = .integer(Int64(index)) }
    row[1] = .time(12)
    var bytes: [UInt8] = []
    form.append(row, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":{"b":0,"d":[{"é\"":3},null,2]},"c":12}"#)
  }

  @Test(
    "columns that cannot be in one object are refused",
    arguments: [
      [[.member("a")], [.member("a")]], [[.member("a")], [.member("a"), .member("b")]],
      [[.member("a"), .member("b")], [.member("a")]], [[.member("a"), .element(0)], [.member("a"), .member("b")]],
      [[.member("b")], [.member("a"), .element(1000)]],
    ] as [[[JSONPathStep]]])
  func conflicts(paths: [[JSONPathStep]]) {
    #expect(throws: PathConflict(column: 1)) { _ = try JSONForm(paths: paths, timeText: .iso8601) }
  }

  @Test("CSV quotes what would be read as something else")
  func csv() {
    func line(_ form: CSVForm, note: TextView?) -> String {
      withRow(note: note) { row in
        var bytes: [UInt8] = []
        form.append(row, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
      }
    }
    let start = #""a,b",-3,1099511627776,0.25,2026-01-01T00:00:00.007Z,"#
    let tags = #","{""host"":""web-1"",""a \""b\"""":""ü""}""#
    #expect(line(CSVForm(timeText: .iso8601), note: nil) == start + "," + tags)
    #expect(line(CSVForm(timeText: .iso8601), note: .empty) == start + #""",1.5"# + tags)
    #expect(line(CSVForm(timeText: .iso8601), note: TextView("x\ny\"")) == start + "\"x\ny\"\"\",1.5" + tags)
    let other = CSVForm(delimiter: UInt8(ascii: ";"), null: "NULL", timeText: .epochMilliseconds)
    #expect(line(other, note: nil).hasPrefix("a,b;-3;1099511627776;0.25;1767225600007;NULL;NULL;"))
    #expect(line(other, note: TextView("NULL")).contains(#";"NULL";1.5;"#))
  }

  @Test("Avro by libavro is what our own decoder reads, with the schema that the form makes", arguments: [false, true])
  func avro(hasNote: Bool) throws {
    let encoder = try EventEncoder(form: form, schemaJSON: form.avroSchema)
    let payload = try withRow(note: hasNote ? TextView("hello") : nil) { Array(try encoder.encode($0)) }
    let outcome = try decoded([payload], form.avroSchema)[0]
    let tags = JSONValue.object([JSONMember("host", .string("web-1")), JSONMember("a \"b\"", .string("ü"))])
    guard case .row(var cells) = outcome, case .bytes(let json)? = cells.last else {
      Issue.record("\(outcome)")
      return
    }
    #expect(try JSONValue(parsing: json) == tags)
    cells.removeLast()
    #expect(
      cells == [
        .text("a,b"), .integer(-3), .integer(1 << 40), .real(0.25), .integer((newYear + 7) * 1000),
        hasNote ? .text("hello") : .null, hasNote ? .real(1.5) : .null,
      ])
  }

  @Test("a schema with other fields, or of another type, is refused with the field")
  func unsuitable() throws {
    let changes = [
      (#""name":"note""#, #""name":"remark""#, "note", "a union of null and string"),
      (#""type":["null","double"]"#, #""type":"double""#, "cost", "a union of null and double"),
      (#""type":"long""#, #""type":"int""#, "size", "long"),
      (#"{"type":"map","values":"string"}"#, #""string""#, "tags", "map"),
    ]
    for (found, replacement, field, expected) in changes {
      let schema = form.avroSchema
      #expect(schema.contains(found))
      #expect(throws: EncodingError.unsuitableSchema(field: field, expected: expected)) {
        _ = try EventEncoder(form: form, schemaJSON: schema.replacing(found, with: replacement, maxReplacements: 1))
      }
    }
  }

  @Test("each kind of events is decoded by our own decoder as it was made")
  func kinds() throws {
    let run = SynthesisRun(seed: 3, beginningMilliseconds: newYear)
    let (trips, metrics) = (try TripSynthesizer(run: run), try MetricSynthesizer(run: run))
    let donations = try DonationSynthesizer(run: run)
    try check(TripEvent.form) { index, row in
      trips.event(index, timestampMilliseconds: newYear + Int64(index))?.write(into: row)
    }
    try check(MetricEvent.form) { index, row in
      metrics.event(index, timestampMilliseconds: newYear + Int64(index))?.write(into: row)
    }
    try check(DonationEvent.form) { index, row in
      donations.event(index, timestampMilliseconds: newYear + Int64(index)).write(into: row)
    }
  }

  /// Avro's values are those of JSON.
  private func check(_ form: EventForm, _ make: (UInt64, EventRow) -> Void) throws {
    let encoder = try EventEncoder(form: form, schemaJSON: form.avroSchema)
    let row = EventRow(count: form.fields.count)
    let writer = JSONForm(form)
    for index in 0..<300 as Range<UInt64> {
      make(index, row)
      guard case .row(let cells) = try decoded([Array(try encoder.encode(row))], form.avroSchema)[0] else {
        Issue.record("event \(index) of \(form.name)")
        return
      }
      var bytes: [UInt8] = []
      writer.append(row, to: &bytes)
      let document = try JSONValue(parsing: bytes)
      for (field, cell) in zip(form.fields, cells) {
        let value = try #require(document[field.name])
        switch (cell, value) {
        case (.null, .null): break
        case (.bytes(let bytes), .string(let text)): #expect(bytes == Array(text.utf8))
        case (.bytes(let bytes), .object): #expect(try JSONValue(parsing: bytes) == value)
        case (.double(let bits), .number): #expect(value.doubleValue?.bitPattern == bits)
        case (.integer(let number), .number): #expect(value.intValue.map(Int64.init) == number)
        case (.integer(let number), .string(let text)): #expect(try parseTime(text) * 1000 == number)
        default: Issue.record("\(field.name): \(cell) and \(value.text)")
        }
      }
    }
  }

  private func decoded(_ payloads: [[UInt8]], _ schema: String) throws -> [Outcome] {
    let reader = try AvroSchema(parsing: schema)
    let decoder = try AvroDecoder(
      reader: reader, schemas: try SchemaSet(files: []), columns: reader.leafColumns().map(\.spec), framing: .bare)
    return decoder.outcomes(payloads)
  }

  @Test(
    "times are written as ISO 8601",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func iso8601(milliseconds: Int64, text: String) throws {
    var bytes: [UInt8] = []
    appendISO8601(milliseconds: milliseconds, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
    #expect(try parseTime(text) == milliseconds)
  }
}
