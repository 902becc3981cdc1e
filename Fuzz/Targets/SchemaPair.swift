/// What records are written with and what they are read as.
struct SchemaPair {
  var writer: String
  var reader: String

  init(_ writer: String, _ reader: String? = nil) {
    self.writer = writer
    self.reader = reader ?? writer
  }

  /// New pairs go to the end: inputs in the corpus choose by number.
  static let all: [SchemaPair] = [
    SchemaPair(record("n null, " + everyType)), SchemaPair(record(everyType, isNullable: true)),
    SchemaPair(collections), SchemaPair(recursive),
    SchemaPair(record("a int, b int, c long, d float, e string, f bytes, g E1, h F"), promoted),
    SchemaPair(record("a null|string, b string|null, c int|long|string, d null|R2, e null|int"), unions),
    SchemaPair(emptyItems), SchemaPair(record("x int, gone string, old long"), defaults),
  ]

  private static let everyType =
    "b boolean, i int, l long, f float, d double, y bytes, s string, e E1, x F, day date, ms timems, us timeus, "
    + "tms tsms, tus tsus, lms ltsms, dec dec, fdec fdec, u uuid, fu fuuid, dur dur"
  private static let collections = record("a ints, m strings, aa intss, r records, o null|r2s, t long")
  private static let emptyItems = record("a nulls, b empties, c fixeds, d nullmap, e intss")
  private static let promoted = record("a long, b double, c float, d double, e bytes, f string, g E2, h F")
  private static let unions = record("a string, b null|string, c long|string, d null|R2, e null|double")
  private static let defaults =
    #"{"type":"record","name":"R","fields":[{"name":"x","type":"long"},"#
    + #"{"name":"renamed","aliases":["old"],"type":"double"},{"name":"more","type":"string","default":"é\"\\"},"#
    + #"{"name":"list","type":{"type":"array","items":"int"},"default":[1,2]},"#
    + #"{"name":"maybe","type":["null","long"],"default":null}]}"#
  private static let recursive =
    #"{"type":"record","name":"R","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","R"]},"#
    + #"{"name":"children","type":{"type":"array","items":"R"}},{"name":"named","type":{"type":"map","values":"R"}}]}"#

  /// A record of fields as "name type, name type|type", in unions with null when they are nullable.
  private static func record(_ fields: String, isNullable: Bool = false) -> String {
    let list = fields.split(separator: ",").map { field in
      let words = field.split(separator: " ")
      let names = (isNullable ? ["null"] : []) + words[1].split(separator: "|").map(String.init)
      let branches = names.map { types[$0] ?? "\"\($0)\"" }
      let type = branches.count == 1 ? branches[0] : "[\(branches.joined(separator: ","))]"
      return "{\"name\":\"\(words[0])\",\"type\":\(type)}"
    }
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[\(list.joined(separator: ","))]}"
  }

  private static let types: [String: String] = [
    "E1": #"{"type":"enum","name":"E","symbols":["A","B","C","D"]}"#,
    "E2": #"{"type":"enum","name":"E","symbols":["D","A","Z"],"default":"Z"}"#,
    "F": #"{"type":"fixed","name":"F","size":3}"#,
    "R2": #"{"type":"record","name":"R2","fields":[{"name":"k","type":"string"},{"name":"v","type":"double"}]}"#,
    "date": #"{"type":"int","logicalType":"date"}"#,
    "timems": #"{"type":"int","logicalType":"time-millis"}"#,
    "timeus": #"{"type":"long","logicalType":"time-micros"}"#,
    "tsms": #"{"type":"long","logicalType":"timestamp-millis"}"#,
    "tsus": #"{"type":"long","logicalType":"timestamp-micros"}"#,
    "ltsms": #"{"type":"long","logicalType":"local-timestamp-millis"}"#,
    "dec": #"{"type":"bytes","logicalType":"decimal","precision":38,"scale":9}"#,
    "fdec": #"{"type":"fixed","name":"D","size":9,"logicalType":"decimal","precision":20,"scale":2}"#,
    "uuid": #"{"type":"string","logicalType":"uuid"}"#,
    "fuuid": #"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#,
    "dur": #"{"type":"fixed","name":"P","size":12,"logicalType":"duration"}"#,
    "ints": #"{"type":"array","items":"int"}"#,
    "intss": #"{"type":"array","items":{"type":"array","items":"int"}}"#,
    "strings": #"{"type":"map","values":"string"}"#,
    "records":
      #"{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"k","type":["null","string"]},"#
      + #"{"name":"v","type":{"type":"map","values":["long","boolean",{"type":"array","items":"bytes"}]}}]}}"#,
    "r2s": #"{"type":"array","items":{"type":"record","name":"R2","fields":[{"name":"k","type":"string"}]}}"#,
    "nulls": #"{"type":"array","items":"null"}"#,
    "empties": #"{"type":"array","items":{"type":"record","name":"Empty","fields":[]}}"#,
    "fixeds": #"{"type":"array","items":{"type":"fixed","name":"Zero","size":0}}"#,
    "nullmap": #"{"type":"map","values":"null"}"#,
  ]
}
