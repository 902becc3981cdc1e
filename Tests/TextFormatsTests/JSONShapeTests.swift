import Events
import Plan
import Testing

@testable import TextFormats

/// Records of one shape are read by loops of their own: they give what reading each as a whole gives.
@Suite struct JSONShapeTests {
  private static let columns = [
    DeclaredColumn(name: "id", type: .uuid), DeclaredColumn(name: "at", type: .timestamptz, isNullable: false),
    DeclaredColumn(name: "ms", type: .timestamptz, path: [.member("t"), .member("ms")], unit: .milliseconds),
    DeclaredColumn(name: "seconds", type: .timestamp, unit: .seconds),
    DeclaredColumn(name: "count", type: .integer), DeclaredColumn(name: "total", type: .bigint, isNullable: false),
    DeclaredColumn(name: "price", type: .numeric(scale: 2), precision: 8),
    DeclaredColumn(name: "ratio", type: .doublePrecision), DeclaredColumn(name: "good", type: .boolean),
    DeclaredColumn(name: "title", type: .text), DeclaredColumn(name: "code", type: .text, maximumCharacters: 5),
    DeclaredColumn(name: "tags", type: .jsonb),
    DeclaredColumn(name: "tag", type: .text, path: [.member("tags"), .element(1)]),
    DeclaredColumn(name: "day", type: .date),
  ]

  @Test(arguments: 0..<12)
  func `Records mean the same alone and among others, of few kinds or of many`(seed: Int) {
    var random = RandomDocuments(seed: UInt64(seed))
    // From always the same members to other ones each time.
    let chaos = [0, 0, 200, 40, 10, 4][seed % 6]
    let orders = (0..<[1, 2, 6][seed % 3]).map { index in
      index == 0 ? Array(0..<15) : Array(0..<15).shuffled(using: &random.bits)
    }
    let documents = (0..<600).map { _ in
      random.document(random.pick(orders), chaos: chaos)
    }
    let payloads = documents.map { Array($0.utf8) }
    let together = JSONReading(Self.columns, capacity: 256).outcomes(payloads)
    var rows = 0
    for (document, outcome) in zip(documents, together) {
      let alone = JSONReading(Self.columns, capacity: 1).outcomes([Array(document.utf8)])[0]
      #expect(outcome == alone, "\(document)")
      if outcome.isRow { rows += 1 }
    }
    #expect(rows > 20)
  }

  @Test func `Bytes that are changed anywhere in a record of a known shape are noticed as they are in any other`() {
    var random = RandomDocuments(seed: 7)
    let good = random.document(Array(0..<15), chaos: 0)
    let known = Array(repeating: Array(good.utf8), count: 2)
    let columns = Self.columns
    let replacements = Array("\"\\{}[]:,0-.eE tn\u{0}\u{1F}".utf8) + [0x80, 0xC3, 0xFF]
    for place in good.utf8.indices {
      let offset = good.utf8.distance(from: good.utf8.startIndex, to: place)
      var changed = Array(good.utf8)
      switch Int.random(in: 0..<4, using: &random.bits) {
      case 0: changed.remove(at: offset)
      case 1: changed.insert(random.pick(replacements), at: offset)
      case 2: changed.removeSubrange(offset...)
      default: changed[offset] = random.pick(replacements)
      }
      let alone = JSONReading(columns, capacity: 1).outcomes([changed])[0]
      let reading = JSONReading(columns, capacity: 2)
      #expect(reading.outcomes(known).map(\.isRow) == [true, true])
      #expect(reading.outcomes([changed]) == [alone], "\(String(decoding: changed, as: UTF8.self))")
    }
  }

  @Test func `Values of every length are read at every distance from the end`() {
    let columns = [column(.text, name: "a"), column(.bigint, name: "b"), column(.doublePrecision, name: "c")]
    for count in 0..<70 {
      let text = String(repeating: "x", count: count)
      let digits = String("1234567890123456789".prefix(min(count, 18) + 1))
      let fraction = "0." + String(repeating: "0", count: count / 4) + "5"
      for tail in ["", " ", ",\"z\":0", ",\"zzz\":\"some longer text behind it, to be passed over\""] {
        let documents = [
          "{\"b\":\(digits),\"c\":\(fraction),\"a\":\"\(text)\"\(tail)}",
          "{\"a\":\"\(text)\",\"c\":\(fraction),\"b\":\(digits)\(tail)}",
          "{\"a\":\"\(text)\",\"b\":\(digits),\"c\":\(fraction)\(tail)}",
        ]
        let expected = Outcome.row([text, digits, Double(fraction)?.description ?? ""])
        #expect(read(documents, columns) == [expected, expected, expected])
      }
    }
  }

  @Test func `Numbers of every length before and behind the point are read wherever they stand`() {
    let columns = [
      column(.doublePrecision, name: "d"), DeclaredColumn(name: "n", type: .numeric(scale: 9), precision: 38),
      column(.bigint, name: "i"),
    ]
    for whole in 1...17 {
      for places in 0...17 {
        let digits = String("9081726354819203746".prefix(whole))
        let text = places == 0 ? digits : digits + "." + String("0192837465091827364".prefix(places))
        for number in [text, "-" + text, "0" + text.dropFirst(whole)] {
          let documents = [
            "{\"d\":\(number),\"i\":7,\"n\":\(number)}",
            "{\"n\":\(number),\"something in front of it\":\"x\",\"i\":7,\"d\":\(number)}",
            "{\"i\":7,\"d\":\(number),\"n\":\(number),\"something behind it\":\"to look at\"}",
          ]
          let outcomes = read(documents, columns)
          guard case .row(let cells) = outcomes[0] else {
            Issue.record("\(number): \(outcomes[0])")
            continue
          }
          #expect(cells[0] == (Double(number) ?? .nan).description && cells[2] == "7", "\(number)")
          #expect(outcomes[1] == outcomes[0] && outcomes[2] == outcomes[0], "\(number)")
        }
      }
    }
  }

  @Test func `White space is part of a shape`() {
    let columns = [column(.bigint, name: "a"), column(.text, name: "b")]
    let pretty = "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n"
    let compact = "{\"a\":2,\"b\":\"y\"}"
    let documents = (0..<200).map { $0 % 3 == 0 ? pretty : compact }
    #expect(
      JSONReading(columns).outcomes(documents.map { Array($0.utf8) })
        == documents.map { .row($0 == pretty ? ["1", "x"] : ["2", "y"]) })
  }

  @Test func `Long names and long distances between values change nothing`() {
    for length in [1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 5000] {
      let name = String(repeating: "n", count: length)
      let columns = [column(.bigint, name: name), column(.text, name: name + "x")]
      let document = "{\"\(name)\":17,\"\(name)x\":\"text\"}"
      var other = "{\"\(name)\":17,\"\(name)y\":\"text\"}"
      #expect(
        read([document, other, document], columns) == [
          .row(["17", "text"]), .row(["17", "NULL"]), .row(["17", "text"]),
        ])
      other = document.replacing("nn", with: "nN", maxReplacements: 1)
      if length > 2 { #expect(read([document, other], columns)[1] == .row(["NULL", "text"])) }
    }
  }

  @Test(
    "members may be missing from a known shape, but not the object around them",
    arguments: [
      (#"{"a":1,"b":2,"u":{"x":3,"y":4,"z":"t"},"c":5}"#, ["1", "2", "3", "4", "t", "5"]),
      (#"{"a":1,"u":{"x":3,"y":4,"z":"t"},"c":5}"#, ["1", "NULL", "3", "4", "t", "5"]),
      (#"{"a":1,"b":2,"u":{"x":3},"c":5}"#, ["1", "2", "3", "NULL", "NULL", "5"]),
      (#"{"a":1,"b":2,"u":{"x":3,"z":null},"c":5}"#, ["1", "2", "3", "NULL", "NULL", "5"]),
      (#"{"a":1,"b":2,"u":{"y":4},"c":5}"#, ["1", "2", "NULL", "4", "NULL", "5"]),
      (#"{"a":1,"b":2,"u":{},"c":5}"#, ["1", "2", "NULL", "NULL", "NULL", "5"]),
      (#"{"a":1,"b":2,"u":{"x":3,"y":4}}"#, ["1", "2", "3", "4", "NULL", "NULL"]),
      (#"{"a":1,"b":2,"c":5}"#, ["1", "2", "NULL", "NULL", "NULL", "5"]),
      (#"{"a":1}"#, ["1", "NULL", "NULL", "NULL", "NULL", "NULL"]),
      (#"{"b":2,"c":5}"#, ["NULL", "2", "NULL", "NULL", "NULL", "5"]),
      (#"{"a":1,"b":2,"u":{"x":3,"y":4,"c":5}}"#, ["1", "2", "3", "4", "NULL", "NULL"]),
      (#"{"a":1,"b":2,"y":4},"c":5}"#, nil), (#"{"a":1,"y":4},"c":5}"#, nil), (#"{"a":1,"b":2,"u":{"x":3,"c":5}"#, nil),
      (#"{"a":1,"b":2,"b":2,"u":{"x":3},"c":5}"#, nil), (#"{"a":1,"b":2,"u":{"x":3,"y":4,"y":4},"c":5}"#, nil),
      (#"{"a":1,"b":2,"u":{"x":3},"c":5,"c":5}"#, nil), (#"{"a":1,"b":,"u":{"x":3},"c":5}"#, nil),
      (#"{"a":1,"b":2,"u":{"x":3,},"c":5}"#, nil), (#"{"a":1 "b":2,"u":{"x":3},"c":5}"#, nil),
    ] as [(String, [String]?)])
  func missing(_ document: String, _ values: [String]?) {
    let columns = [
      column(.bigint, name: "a"), column(.bigint, name: "b"),
      DeclaredColumn(name: "x", type: .bigint, path: [.member("u"), .member("x")]),
      DeclaredColumn(name: "y", type: .bigint, path: [.member("u"), .member("y")]),
      DeclaredColumn(name: "z", type: .text, path: [.member("u"), .member("z")]), column(.bigint, name: "c"),
    ]
    let full = Array(#"{"a":10,"b":20,"u":{"x":30,"y":40,"z":"text"},"c":50}"#.utf8)
    let reading = JSONReading(columns)
    #expect(
      reading.outcomes([full, full]) == Array(repeating: .row(["10", "20", "30", "40", "text", "50"]), count: 2))
    let outcome = reading.outcomes([Array(document.utf8)])[0]
    #expect(outcome == read([document], columns)[0])
    if let values { #expect(outcome == .row(values)) } else { #expect(!outcome.isRow) }
    // Where a value must be there, it is missed.
    let needed = columns.map { DeclaredColumn(name: $0.name, type: $0.type, isNullable: false, path: $0.path) }
    let strict = JSONReading(needed)
    #expect(strict.outcomes([full, full]).map(\.isRow) == [true, true])
    #expect(strict.outcomes([Array(document.utf8)])[0].isRow == (values?.contains("NULL") == false))
  }

  @Test func `Ever new shapes are read as well`() {
    let columns = [column(.bigint, name: "v")]
    let documents = (0..<5000).map { "{\"name\($0)\":{\"x\($0 % 9)\":1},\"v\":\($0)}" }
    #expect(
      JSONReading(columns, capacity: 2048).outcomes(documents.map { Array($0.utf8) })
        == (0..<5000).map { .row([String($0)]) })
  }
}
