import Events
import Plan
import Testing

@testable import TextFormats

/// Columns whose values lie inside of others.
@Suite struct JSONPathTests {
  private static func at(_ name: String, _ type: SQLType, isNullable: Bool = true, _ path: DeclaredColumn.Step...)
    -> DeclaredColumn
  {
    DeclaredColumn(name: name, type: type, isNullable: isNullable, path: path)
  }

  private static let columns = [
    at("city", .text, .member("a"), .member("city")),
    at("first", .bigint, .member("a"), .member("list"), .element(0), .member("x")),
    at("third", .bigint, .member("a"), .member("list"), .element(2), .member("x")),
    at("whole", .jsonb, .member("a"), .member("list"), .element(2)),
    at("corner", .bigint, .member("m"), .element(1), .element(1)),
    at("last", .bigint, .member("z")),
  ]

  @Test(
    "a path leads through members and elements, and to NULL where it ends before",
    arguments: [
      (
        #"{"a":{"city":"Rom","list":[{"x":1},{"x":2},{"x":3,"y":4}]},"m":[[1,2],[3,4]],"z":9}"#,
        ["Rom", "1", "3", #"{"x":3,"y":4}"#, "4", "9"]
      ),
      (#"{"z":9,"m":[[1,2],[3]],"a":{"list":[{"x":1}],"city":"Rom"}}"#, ["Rom", "1", "NULL", "NULL", "NULL", "9"]),
      (#"{"a":{"list":[[],7,8]},"m":{"1":{"1":5}},"z":9}"#, ["NULL", "NULL", "NULL", "8", "NULL", "9"]),
      (#"{"a":[{"city":"Rom"}],"m":17,"z":9}"#, ["NULL", "NULL", "NULL", "NULL", "NULL", "9"]),
      (#"{"a":"Rom","m":null,"z":9}"#, ["NULL", "NULL", "NULL", "NULL", "NULL", "9"]),
      (#"{"a":null,"m":[],"z":null}"#, ["NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]),
      (#"{"a":{"list":{"0":{"x":1},"2":{"x":2}}}}"#, ["NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]),
      (#"{"city":"Rom","list":[{"x":1}],"x":3}"#, ["NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]),
      (#"{"a":{"a":{"city":"Rom"},"list":[{"x":{"x":1}},0,null]},"z":9}"#, nil),
    ] as [(String, [String]?)])
  func paths(_ document: String, _ values: [String]?) {
    let expected = values.map(Outcome.row) ?? .failure(.wrongType, "first: an object where a bigint is declared")
    #expect(read([document], Self.columns) == [expected])
  }

  @Test func `Documents of all these forms are told apart wherever they stand`() {
    let forms = [
      #"{"a":{"city":"Rom","list":[{"x":1},{"x":2},{"x":3}]},"m":[[1,2],[3,4]],"z":9}"#,
      #"{"a":{"city":"Rom","list":[]},"m":[[1,2],[3,4]],"z":9}"#,
      #"{"a":{"city":"Rom","list":null},"m":[[1,2],[3,4]],"z":9}"#,
      #"{"a":"Rom","m":[[1,2],[3,4]],"z":9}"#, #"{"a":null,"m":17,"z":9}"#, #"{"m":17,"z":9}"#, #"{"a":{"city":null}}"#,
    ]
    let documents = (0..<300).map { forms[$0 * $0 % 11 % forms.count] }
    let apart = documents.map { read([$0], Self.columns)[0] }
    #expect(JSONReading(Self.columns, capacity: 70).outcomes(documents.map { Array($0.utf8) }) == apart)
  }

  @Test func `Several columns may have one path, also with others inside of it`() {
    let columns = [
      Self.at("all", .jsonb, .member("a")), Self.at("again", .jsonb, .member("a")),
      Self.at("inner", .bigint, .member("a"), .member("b")), Self.at("text", .text, .member("t")),
      Self.at("document", .jsonb, .member("t")),
    ]
    #expect(
      read(["{\"a\":{\"b\":1},\"t\":\"x\"}", "{\"a\":[1],\"t\":null}", "{\"a\":null}", "{\"t\":5}"], columns) == [
        .row(["{\"b\":1}", "{\"b\":1}", "1", "x", "\"x\""]), .row(["[1]", "[1]", "NULL", "NULL", "NULL"]),
        .row(["NULL", "NULL", "NULL", "NULL", "NULL"]),
        .failure(.wrongType, "text: a number where a text is declared"),
      ])
  }

  @Test func `A value that must be there is missed wherever its path ends`() {
    let columns = [Self.at("x", .bigint, isNullable: false, .member("a"), .element(1), .member("x"))]
    for document in [
      "{}", "{\"a\":null}", "{\"a\":[]}", "{\"a\":[{\"x\":1}]}", "{\"a\":[1,2]}", "{\"a\":{\"x\":1}}", "{\"a\":[0,{}]}",
    ] {
      #expect(read([document], columns) == [.failure(.missingValue, "x: the member is missing")])
    }
    #expect(read(["{\"a\":[0,{\"x\":7}]}"], columns) == [.row(["7"])])
  }

  @Test func `Names are compared by their characters, not by how they are written or composed`() {
    let columns = [
      Self.at("composed", .bigint, .member("é")), Self.at("apart", .bigint, .member("e\u{301}")),
      Self.at("empty", .bigint, .member("")), Self.at("long", .bigint, .member("a name of more than sixteen bytes")),
    ]
    #expect(
      read(
        [
          "{\"e\u{301}\":1,\"é\":2,\"\":3,\"a name of more than sixteen bytes\":4,\"a name of more than sixteen byteS\":5}"
        ],
        columns) == [.row(["2", "1", "3", "4"])])
    #expect(
      read(["{\"\\u00e9\":2,\"a name of more than\\u0020sixteen bytes\":4}"], columns) == [
        .row(["2", "NULL", "NULL", "4"])
      ])
  }

  @Test func `Many columns are found by their names`() {
    let columns = (0..<300).map { Self.at("c\($0)", .bigint, .member("g\($0 % 7)"), .member("c\($0)")) }
    let groups = (0..<7).map { group in
      "\"g\(group)\":{"
        + (0..<300).filter { $0 % 7 == group }.map { "\"c\($0)\":\($0 * 3)" }.joined(separator: ",") + "}"
    }
    #expect(
      read(["{" + groups.joined(separator: ",") + "}"], columns) == [.row((0..<300).map { String($0 * 3) })])
  }
}
