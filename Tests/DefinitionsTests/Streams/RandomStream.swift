import Avro
import Events
import Formats
import SQLFrontend
import SQLQuoting

@testable import PostgresOracle

/// A stream with a column of each type, in one of the formats, under names of every kind.
struct RandomStream {
  let name: String
  let isAvro: Bool
  private(set) var columns: [StreamColumn] = []

  /// A column that every stream has, or most.
  private struct Wanted {
    var letter: String
    var type: SQLType
    var isTame = false
    var isNeeded = true
  }

  private static let wanted = [
    Wanted(letter: "b", type: .boolean), Wanted(letter: "i", type: .integer, isTame: true),
    Wanted(letter: "j", type: .integer, isNeeded: false), Wanted(letter: "l", type: .bigint, isTame: true),
    Wanted(letter: "g", type: .bigint, isNeeded: false), Wanted(letter: "n", type: .numeric(scale: 2), isTame: true),
    Wanted(letter: "m", type: .numeric(scale: 5), isNeeded: false),
    Wanted(letter: "x", type: .doublePrecision, isTame: true),
    Wanted(letter: "y", type: .doublePrecision, isNeeded: false), Wanted(letter: "t", type: .text),
    Wanted(letter: "u", type: .text, isNeeded: false), Wanted(letter: "z", type: .timestamptz),
    Wanted(letter: "s", type: .timestamp), Wanted(letter: "d", type: .date), Wanted(letter: "c", type: .time),
    Wanted(letter: "k", type: .uuid), Wanted(letter: "o", type: .jsonb),
  ]

  /// - Parameter name: of the stream; no other stream of the same database has it.
  init(name: String, _ random: inout RandomValues) {
    self.name = name
    isAvro = random.chance(2)
    columns = [eventTime(&random)]
    for wanted in Self.wanted.shuffled(using: &random) where wanted.isNeeded || !random.chance(3) {
      columns.append(isAvro ? avro(wanted, &random) : json(wanted, &random))
    }
    for letter in ["v", "w"] where random.chance(2) { columns.append(array(letter, &random)) }
    if random.chance(3) {
      columns.append(
        StreamColumn(
          column: EventColumn("kafka.partition", .integer), path: ["kafka", "partition"], form: .metadata(.partition),
          isNullable: false, isTame: true))
      columns.append(
        StreamColumn(
          column: EventColumn("kafka.key", .text), path: ["kafka", "key"], form: .metadata(.key), isNullable: true,
          isTame: false))
    }
  }

  /// The column of the event time.
  var time: StreamColumn { columns[0] }

  private func eventTime(_ random: inout RandomValues) -> StreamColumn {
    let name = random.pick(["ts", "timestamp", "Zeit"])
    let form: WireForm =
      isAvro
      ? .avro(.logical("long", random.pick(["timestamp-micros", "timestamp-millis"])))
      : .json(random.pick([.plain, .units(name: "microseconds", perSecond: 1_000_000)]), members: [name])
    return StreamColumn(
      column: EventColumn(quotedIdentifier(name), .timestamptz), path: [name], form: form, isNullable: false,
      isTame: true)
  }

  private func avro(_ wanted: Wanted, _ random: inout RandomValues) -> StreamColumn {
    let name = random.pick([wanted.letter, "\(wanted.letter)_value", wanted.letter.uppercased() + "x"])
    // Two fields of the same record belong together.
    let path = random.chance(3) ? [random.pick(["user", "geo"]), name] : [name]
    let form: WireForm.AvroForm =
      switch wanted.type {
      case .boolean: .primitive("boolean")
      case .integer: .primitive("int")
      case .bigint: .primitive("long")
      case .numeric(let scale): .decimal(precision: scale == 2 ? 30 : 20, scale: scale)
      case .doublePrecision: .primitive(random.chance(3) ? "float" : "double")
      case .text: random.chance(4) ? .enumeration(["red", "green", "Blue", "B_2"]) : .primitive("string")
      case .timestamptz: .logical("long", random.pick(["timestamp-millis", "timestamp-micros"]))
      case .timestamp: .logical("long", random.pick(["local-timestamp-millis", "local-timestamp-micros"]))
      case .date: .logical("int", "date")
      case .time: random.chance(2) ? .logical("int", "time-millis") : .logical("long", "time-micros")
      case .uuid: .logical("string", "uuid")
      default: random.chance(2) ? .arrayOfLongs : .mapOfTexts
      }
    return column(wanted, path, .avro(form), &random)
  }

  private func json(_ wanted: Wanted, _ random: inout RandomValues) -> StreamColumn {
    let letter = wanted.letter
    let name = random.pick([letter, "\(letter)_größe", "\(letter)Value", "\(letter) x", "select_\(letter)"])
    let members = random.chance(3) ? [random.pick(["o1", "ö 2"]), letter] : [name]
    let form: WireForm.JSONForm =
      switch wanted.type {
      case .text where random.chance(3): .bounded(characters: 5)
      case .timestamptz, .timestamp, .date:
        random.chance(2)
          ? .plain
          : random.pick([.units(name: "milliseconds", perSecond: 1000), .units(name: "seconds", perSecond: 1)])
      case .time where random.chance(3): .units(name: "milliseconds", perSecond: 1000)
      default: .plain
      }
    return column(wanted, [name], .json(form, members: members), &random)
  }

  /// Elements of JSON may be of every type; a field of Avro has to be declared as an array.
  private func array(_ letter: String, _ random: inout RandomValues) -> StreamColumn {
    let name = random.pick([letter, "\(letter)_\(isAvro ? "list" : "größen")", "\(letter.uppercased())alues"])
    if isAvro {
      let (element, form) = random.pick(Self.avroElements)
      let wanted = Wanted(letter: letter, type: .array(element), isTame: !random.chance(3))
      let path = random.chance(3) ? [random.pick(["user", "geo"]), letter] : [name]
      return column(wanted, [name], .avro(.array(of: form, at: path)), &random)
    }
    let wanted = Wanted(letter: letter, type: .array(random.pick(Self.elements)), isTame: !random.chance(3))
    return column(wanted, [name], .json(.plain, members: [name]), &random)
  }

  private static let elements: [ArrayElement] = [
    .text, .text, .integer, .integer, .bigint, .numeric(scale: 2), .doublePrecision, .boolean, .date, .timestamptz,
    .timestamp, .time, .uuid, .jsonb,
  ]

  private static let avroElements: [(ArrayElement, WireForm.AvroForm)] = [
    (.text, .primitive("string")), (.integer, .primitive("int")), (.bigint, .primitive("long")),
    (.boolean, .primitive("boolean")), (.doublePrecision, .primitive("double")),
    (.uuid, .logical("string", "uuid")), (.timestamptz, .logical("long", "timestamp-micros")),
  ]

  private func column(
    _ wanted: Wanted, _ path: [String], _ form: WireForm, _ random: inout RandomValues
  ) -> StreamColumn {
    StreamColumn(
      column: EventColumn(quotedPath(path), wanted.type), path: path, form: form, isNullable: !random.chance(4),
      isTame: wanted.isTame)
  }

  // MARK: What it is written as

  /// The definition.
  var text: String {
    let time = time.path[0]
    guard !isAvro else {
      return """
        CREATE FOREIGN TABLE \(name) (\(columns.compactMap(arrayDeclaration).joined(separator: ", "))) SERVER kafka OPTIONS (
          topic 't', format 'avro', schema 'event.avsc', framing 'bare', event_time '\(time)');
        """
    }
    let declared = columns.compactMap(declaration)
    return """
      CREATE FOREIGN TABLE \(name) (
        \(declared.joined(separator: ",\n  "))
      ) SERVER kafka OPTIONS (topic 't', format 'json', event_time '\(time)');
      """
  }

  /// Of a field of Avro.
  private func arrayDeclaration(_ column: StreamColumn) -> String? {
    guard case .avro(.array) = column.form else { return nil }
    let path = column.fieldPath == column.path ? "" : " OPTIONS (path '\(column.fieldPath.joined(separator: "."))')"
    return "\(column.column.name) \(column.column.type.shortName)\(path)\(column.isNullable ? "" : " NOT NULL")"
  }

  private func declaration(_ column: StreamColumn) -> String? {
    guard case .json(let form, let members) = column.form else { return nil }
    var type = column.column.type.shortName
    if case .numeric(let scale) = column.column.type { type = scale == 2 ? "numeric(30,2)" : "numeric(20,5)" }
    if case .array(.numeric(let scale)) = column.column.type { type = "numeric(30,\(scale))[]" }
    var options: [String] = []
    if members != column.path {
      options.append("path '\(members.map { "\"\($0)\"" }.joined(separator: "."))'")
    }
    switch form {
    case .plain: break
    case .bounded(let characters): type = "varchar(\(characters))"
    case .units(let name, _): options.append("unit '\(name)'")
    }
    let list = options.isEmpty ? "" : " OPTIONS (\(options.joined(separator: ", ")))"
    return "\(column.column.name) \(type)\(list)\(column.isNullable ? "" : " NOT NULL")"
  }

  /// The Avro schema; nil of a stream of JSON.
  var schema: String? { isAvro ? AvroRecordWriter(columns).schema : nil }

  func payload(_ values: [Datum?]) -> [UInt8] {
    isAvro ? AvroRecordWriter(columns).payload(values) : JSONRecordWriter(columns: columns).payload(values)
  }

  var recordSchema: RecordSchema {
    get throws {
      guard let schema else { return .declared }
      return .avro(reader: try AvroSchema(parsing: schema), schemas: try SchemaSet(files: []))
    }
  }

  /// The fields that its definitions may name beside the declared columns.
  var fields: SchemaFields {
    guard isAvro else { return .empty }
    let described = columns.filter { if case .avro = $0.form { true } else { false } }
    return SchemaFields(paths: described.map(\.fieldPath)) { path in
      guard let column = described.first(where: { $0.fieldPath == path }) else { return nil }
      guard let element = column.column.type.element else {
        return FieldDescription(type: column.column.type, isNullable: column.isNullable, comment: "")
      }
      return FieldDescription(
        type: .jsonb, isNullable: column.isNullable, comment: "",
        element: FieldDescription.Element(type: element.type, hasUnit: element == .timestamptz))
    }
  }
}
