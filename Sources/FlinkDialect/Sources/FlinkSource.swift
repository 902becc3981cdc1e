import Avro
import Events
import Plan

/// A stream in Flink SQL: the table of its topic, and the view of its events, in which a column is called by its path.
struct FlinkSource {
  static let eventTime = "`event time`"

  let name: String
  /// The statements, in order.
  private(set) var statements: [String] = []
  private let stream: StreamPlan
  private var precisions: [Int: Int] = [:]

  /// - Parameters:
  ///   - layout: of the reader schema, of an Avro stream.
  ///   - beginning: where reading begins; nil: where the topic does.
  init(_ stream: StreamPlan, layout: AvroLayout?, beginning: FlinkBeginning?, findings: inout FlinkFindings) {
    self.stream = stream
    name = stream.definition.name
    var table = TableText(stream: stream, beginning: beginning)
    table.addMetadata(&findings)
    switch stream.definition.format {
    case .avro: table.addAvro(layout, &findings)
    case .json: table.addJSON(&findings)
    case .csv: table.addCSV(&findings)
    }
    for index in stream.columns.indices {
      precisions[index] = Self.digits(stream, index, layout)
    }
    statements = [table.create, table.view]
  }

  /// What the view calls a column.
  func column(_ index: Int) -> String { Self.column(stream, index) }

  static func column(_ stream: StreamPlan, _ index: Int) -> String {
    FlinkText.identifier(stream.columns[index].path.joined(separator: "."))
  }

  func precision(_ index: Int) -> Int? { precisions[index] }

  private static func digits(_ stream: StreamPlan, _ index: Int, _ layout: AvroLayout?) -> Int? {
    let column = stream.columns[index]
    if let declared = stream.definition.columns.first(where: { [$0.name] == column.path }) { return declared.precision }
    if case .decimal(let precision, _, _)? = layout?.value(at: column.path) { return precision }
    return nil
  }
}

/// Both statements of a source while they are made.
private struct TableText {
  let stream: StreamPlan
  private var definition: StreamDefinition { stream.definition }
  private var columns: [String] = []
  private var options: [(String, String)] = []
  /// Of the view, by the stream's columns.
  private var items: [Int: String] = [:]
  private var conditions: [String] = []
  private var time = "CAST(NULL AS TIMESTAMP_LTZ(3))"

  init(stream: StreamPlan, beginning: FlinkBeginning?) {
    self.stream = stream
    options = [
      ("connector", "kafka"), ("topic", beginning?.topic ?? stream.definition.topic),
      ("properties.bootstrap.servers", "${KAFKA_BOOTSTRAP_SERVERS}"),
      ("properties.group.id", "${FLINK_GROUP_ID}"),
    ]
    options += FlinkBeginning.options(beginning?.starts)
    options += [
      // The watermark of a checkpoint is that of all events before its offsets: the way back goes by it.
      ("scan.watermark.emit.strategy", "on-event"),
      (
        "scan.watermark.idle-timeout",
        FlinkText.duration(microseconds: stream.definition.idleTimeoutMicroseconds)
      ),
    ]
  }

  private func refusal(_ word: String?, _ message: String, _ hint: String) -> FlinkRefusal {
    FlinkRefusal(subject: definition.name, word: word, message: message, hint: hint)
  }

  // MARK: Columns

  mutating func addMetadata(_ findings: inout FlinkFindings) {
    for (index, column) in stream.columns.enumerated() {
      guard let metadata = MetadataColumn(path: column.path), !isField(column.path) else { continue }
      let name = FlinkText.identifier(column.path.joined(separator: "."))
      switch metadata {
      case .topic: columns.append("\(name) STRING METADATA FROM 'topic' VIRTUAL")
      case .partition: columns.append("\(name) INT METADATA FROM 'partition' VIRTUAL")
      case .offset: columns.append("\(name) BIGINT METADATA FROM 'offset' VIRTUAL")
      case .timestamp: columns.append("\(name) TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL")
      case .key, .headers:
        findings.refuse(
          refusal(
            metadata.rawValue, "kafka.\(metadata.rawValue) is no text for every record in Flink",
            "put what you need of it into the record"))
      }
      use(index, name, isRequired: false)
    }
  }

  private func isField(_ path: [String]) -> Bool {
    definition.format != .avro && definition.columns.contains { [$0.name] == path }
  }

  /// The expression of a column in the view, and in the table where it is the event time.
  private mutating func use(_ index: Int, _ text: String, isRequired: Bool) {
    items[index] = text
    if index == stream.eventTimeColumn { time = text }
    if isRequired { conditions.append("\(text) IS NOT NULL") }
  }

  mutating func addAvro(_ layout: AvroLayout?, _ findings: inout FlinkFindings) {
    switch AvroColumns.columns(of: layout ?? .null) {
    case .success(let list): columns = list + columns
    case .failure(let fault):
      let place = fault.field.isEmpty ? "" : "field \(fault.field): "
      findings.refuse(
        refusal("schema", place + fault.reason, "Flink cannot read records of this schema; change it, or give JSON"))
    }
    switch definition.schema {
    case .subject(let subject)?:
      options += [
        ("format", "avro-confluent"), ("avro-confluent.url", "${SCHEMA_REGISTRY_URL}"),
        ("avro-confluent.subject", subject),
      ]
      findings.remark(
        "\(definition.name): records must be in Confluent's format; its reader is the jar flink-sql-avro-confluent-registry."
      )
    default:
      options += [("format", "avro"), ("avro.timestamp_mapping.legacy", "false")]
      findings.remark(
        "\(definition.name): records must be bare Avro of exactly this version of the schema; Flink looks at no framing and resolves no older version, and one that it cannot read ends the job."
      )
      if definition.framing == .singleObject || definition.framing == .confluent {
        findings.refuse(
          refusal(
            "framing", "Flink's format avro reads no records framed as \(definition.framing.rawValue)",
            definition.framing == .confluent
              ? "name the schema as '\(StreamDefinition.SchemaSource.subjectPrefix)SUBJECT'" : "write them bare"))
      }
    }
    for (index, column) in stream.columns.enumerated() where items[index] == nil {
      let path = column.path.map(FlinkText.identifier).joined(separator: ".")
      switch column.type {
      case .doublePrecision: use(index, "CAST(\(path) AS DOUBLE)", isRequired: false)
      case .timestamptz where !isTime(layout, column.path):
        findings.refuse(
          refusal(
            column.path.last,
            "\(column.path.joined(separator: ".")) is a number that counts a time, which only its declaration says",
            "give the field the logicalType timestamp-millis"))
      default: use(index, path, isRequired: false)
      }
    }
  }

  private func isTime(_ layout: AvroLayout?, _ path: [String]) -> Bool {
    if case .timestamp? = layout?.value(at: path) { true } else { false }
  }

  mutating func addJSON(_ findings: inout FlinkFindings) {
    var documents = JSONColumns()
    options += [
      ("format", "json"), ("json.ignore-parse-errors", "true"), ("json.timestamp-format.standard", "ISO-8601"),
    ]
    for (index, column) in stream.columns.enumerated() where items[index] == nil {
      guard let declared = definition.columns.first(where: { [$0.name] == column.path }) else { continue }
      guard let type = fieldType(declared, &findings) else { continue }
      if !documents.add(declared.path, type: type) {
        findings.refuse(
          refusal(
            declared.name, "\(declared.pathText) is read by two columns in different ways", "read it in one way"))
      }
      use(declared, index, JSONColumns.reference(declared.path))
    }
    columns = documents.columns + columns
    let letters = definition.deadLetterTopic.map { "goes to the topic \($0), as it is" } ?? "is lost"
    findings.remark(
      "\(definition.name): what is no JSON object \(letters); a document without a value of a column that is NOT NULL is lost. A value of another kind in a column that may be NULL counts as NULL; a text that reads as a number is taken for one, and a number for a text."
    )
  }

  mutating func addCSV(_ findings: inout FlinkFindings) {
    options += [
      ("format", "csv"), ("csv.ignore-parse-errors", "true"),
      ("csv.field-delimiter", String(UnicodeScalar(definition.csv.delimiter))),
      ("csv.null-literal", definition.csv.null),
    ]
    var fields: [String] = []
    for declared in definition.columns {
      let name = FlinkText.identifier(declared.name)
      let index = stream.columns.firstIndex { $0.path == [declared.name] }
      // What nobody reads is a text, whatever is in it.
      let type = index == nil ? "STRING" : fieldType(declared, &findings)
      fields.append("\(name) \(type ?? "STRING")")
      if let index, items[index] == nil { use(declared, index, name) }
    }
    columns = fields + columns
    findings.remark(
      "\(definition.name): lines that cannot be read are lost, not kept as dead letters; times are read as 2024-01-31 10:00:00Z alone."
    )
  }

  private mutating func fieldType(_ column: DeclaredColumn, _ findings: inout FlinkFindings) -> String? {
    if column.unit != nil { return "BIGINT" }
    if column.type == .jsonb || column.type == .uuid { return "STRING" }
    guard let type = column.type.flinkName(precision: column.precision) else {
      findings.refuse(
        refusal(
          column.name, "a column of the type \(column.type.shortName) cannot be read by Flink as we read it",
          "declare another type"))
      return nil
    }
    return type
  }

  private mutating func use(_ declared: DeclaredColumn, _ index: Int, _ reference: String) {
    var text = reference
    if let maximum = declared.maximumCharacters {
      conditions.append("COALESCE(CHAR_LENGTH(TRIM(TRAILING ' ' FROM \(text))), 0) <= \(maximum)")
      text = "SUBSTRING(\(text) FROM 1 FOR \(maximum))"
    }
    switch declared.unit {
    case .seconds?: text = "TO_TIMESTAMP_LTZ(\(text), 0)"
    case .milliseconds?: text = "TO_TIMESTAMP_LTZ(\(text), 3)"
    case .microseconds?: text = "TO_TIMESTAMP_LTZ(\(text) / 1000, 3)"
    case .nanoseconds?: text = "TO_TIMESTAMP_LTZ(\(text) / 1000000, 3)"
    case nil: break
    }
    use(index, text, isRequired: !declared.isNullable)
  }

  // MARK: Statements

  var create: String {
    let delay = definition.outOfOrdernessMicroseconds / 1_000 * 1_000
    let ahead = FlinkText.interval(microseconds: definition.maxWatermarkAheadMicroseconds / 1_000 * 1_000)
    // No event carries the watermark far ahead of the clock. One without a time is left out by the view, but has to have
    // one here, or the job ends.
    let watermark =
      "LEAST(\(FlinkSource.eventTime), CURRENT_ROW_TIMESTAMP() + \(ahead))"
      + (delay > 0 ? " - \(FlinkText.interval(microseconds: delay))" : "")
    let lines =
      columns + [
        "\(FlinkSource.eventTime) AS COALESCE(CAST(\(time) AS TIMESTAMP_LTZ(3)), TO_TIMESTAMP_LTZ(0, 3))",
        "WATERMARK FOR \(FlinkSource.eventTime) AS \(watermark)",
      ]
    let settings = options.map { "\(FlinkText.literal($0.0)) = \(FlinkText.literal($0.1))" }
    return """
      CREATE TEMPORARY TABLE \(FlinkText.identifier(definition.name + "_topic")) (
        \(lines.joined(separator: ",\n  "))
      ) WITH (
        \(settings.joined(separator: ",\n  "))
      );
      """
  }

  var view: String {
    let list = stream.columns.indices.compactMap { index in
      items[index].map { "\($0) AS \(FlinkSource.column(stream, index))" }
    }
    let ahead = FlinkText.interval(microseconds: definition.maxAheadMicroseconds / 1_000 * 1_000)
    var all = ["\(FlinkSource.eventTime) <= CURRENT_ROW_TIMESTAMP() + \(ahead)"]
    for condition in conditions + ["\(time) IS NOT NULL"] where !all.contains(condition) { all.append(condition) }
    return """
      CREATE TEMPORARY VIEW \(FlinkText.identifier(definition.name)) AS
      SELECT
        \(([FlinkSource.eventTime] + list).joined(separator: ",\n  "))
      FROM \(FlinkText.identifier(definition.name + "_topic"))
      WHERE \(all.joined(separator: "\n  AND "));
      """
  }
}
