import Plan

/// The options of a stream, each with its default and its bounds.
struct StreamOptions {
  private let options: DefinitionOptions
  private let isAvro: Bool

  private static let common = [
    "topic", "format", "event_time", "out_of_orderness", "idle_timeout", "max_ahead", "max_watermark_ahead",
    "dead_letter_topic", "sample", "sample_keep",
  ]
  private static let avro = ["schema", "framing"]
  private static let csv = ["delimiter", "null"]
  private static let longestSubject = 255
  private static let longestNull = 64
  /// More of a stream is no sample of it.
  private static let shortestSample: Int64 = 100_000

  init(_ syntax: SyntaxStream, _ source: SourceText, _ diagnostics: inout Diagnostics) {
    let format = syntax.options.first { $0.name == "format" }.flatMap { StreamDefinition.Format(rawValue: $0.value) }
    isAvro = format == .avro
    let own: [String] =
      switch format {
      case .avro: Self.avro
      case .json: []
      case .csv: Self.csv
      case nil: Self.avro + Self.csv
      }
    options = DefinitionOptions(
      syntax.options, known: Self.common + own, source: source, location: syntax.nameLocation,
      diagnostics: &diagnostics
    ) { name in
      guard let format else { return nil }
      if Self.avro.contains(name) {
        return ("option \"\(name)\" is for format 'avro'", "leave it out: the columns are declared")
      }
      return Self.csv.contains(name)
        ? ("option \"\(name)\" is for format 'csv'", "leave it out for '\(format.rawValue)'") : nil
    }
  }

  func topic() throws(DefinitionError) -> String {
    let topic = try options.required("topic")
    try check("topic", names: topic)
    return topic
  }

  private func check(_ option: String, names topic: String) throws(DefinitionError) {
    guard let refusal = TopicName.refusal(of: topic) else { return }
    throw options.error(option, refusal, hint: TopicName.form)
  }

  func format() throws(DefinitionError) -> StreamDefinition.Format {
    _ = try options.required("format")
    return try options.choice("format", StreamDefinition.Format.self) ?? .avro
  }

  /// nil for formats that have none.
  func schema(_ format: StreamDefinition.Format) throws(DefinitionError) -> StreamDefinition.SchemaSource? {
    guard format == .avro else { return nil }
    let name = try options.required("schema")
    let prefix = StreamDefinition.SchemaSource.subjectPrefix
    if name.hasPrefix(prefix) {
      let subject = String(name.dropFirst(prefix.count))
      guard !subject.isEmpty, subject.utf8.count <= Self.longestSubject else {
        throw options.error(
          "schema", "a subject of the schema registry has between 1 and \(Self.longestSubject) bytes",
          hint: "write schema 'registry:…' with the subject's name")
      }
      return .subject(subject)
    }
    guard !name.contains("/") else {
      throw options.error("schema", "a schema is the name of a file in schemas/", hint: "write it without a folder")
    }
    return .file(name)
  }

  func eventTime() throws(DefinitionError) -> [String] {
    let text = try options.required("event_time")
    do throws(FieldPath.Failure) {
      return try FieldPath.names(parsing: text)
    } catch {
      throw options.error("event_time", "option \"event_time\": \(error.message)", hint: error.hint)
    }
  }

  /// In microseconds.
  struct Times {
    var outOfOrderness: Int64
    var idle: Int64
    var maxAhead: Int64
    var maxWatermarkAhead: Int64
    var sample: Int64?
    var sampleKeep: Int64
  }

  func times() throws(DefinitionError) -> Times {
    let sample = try options.interval("sample")
    if sample == 0 { throw options.error("sample", "sample is nothing", hint: "leave it out to keep no events") }
    if let sample, sample < Self.shortestSample {
      throw options.error(
        "sample", "sample is shorter than 100 milliseconds", hint: "streampulse tail shows every event")
    }
    let sampleKeep = try options.interval("sample_keep")
    if sampleKeep != nil, sample == nil {
      throw options.error("sample_keep", "sample_keep without sample", hint: "write sample '1 second' beside it")
    }
    if sampleKeep == 0 { throw options.error("sample_keep", "sample_keep is nothing", hint: "leave sample out") }
    return Times(
      outOfOrderness: try options.interval("out_of_orderness") ?? 5_000_000,
      idle: try options.interval("idle_timeout") ?? 10_000_000,
      maxAhead: try options.interval("max_ahead") ?? 86_400_000_000,
      maxWatermarkAhead: try options.interval("max_watermark_ahead") ?? 60_000_000, sample: sample,
      sampleKeep: sampleKeep ?? StreamDefinition.defaultSampleKeepMicroseconds)
  }

  /// - Parameter topic: the one that is read; nil when it is not known.
  func deadLetterTopic(topic: String?) throws(DefinitionError) -> String? {
    let target = try options.text("dead_letter_topic")
    if let target { try check("dead_letter_topic", names: target) }
    if let target, target == topic {
      throw options.error("dead_letter_topic", "dead letters cannot go to the topic that is read")
    }
    return target
  }

  func framing() throws(DefinitionError) -> StreamDefinition.Framing {
    try options.choice("framing", StreamDefinition.Framing.self) ?? .automatic
  }

  func csv() throws(DefinitionError) -> StreamDefinition.CSV {
    var csv = StreamDefinition.CSV()
    if let text = try options.text("delimiter") {
      let form = "write delimiter ';', or delimiter 'tab'"
      let bytes = text == "tab" ? [UInt8(ascii: "\t")] : Array(text.utf8)
      guard bytes.count == 1, (0x01...0x7f).contains(bytes[0]) else {
        throw options.error("delimiter", "a delimiter is one character of ASCII", hint: form)
      }
      guard ![UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(bytes[0]) else {
        throw options.error("delimiter", "quotes and line breaks are not for delimiting", hint: form)
      }
      csv.delimiter = bytes[0]
    }
    if let null = options.value("null") {
      guard null.utf8.count <= Self.longestNull else {
        throw options.error("null", "what stands for NULL has at most \(Self.longestNull) bytes")
      }
      guard !null.utf8.contains(where: { [csv.delimiter, 0x22, 0x0a, 0x0d].contains($0) }) else {
        throw options.error(
          "null", "what stands for NULL holds no delimiter, quote or line break", hint: "write null 'NULL', or null ''")
      }
      csv.null = null
    }
    return csv
  }
}
