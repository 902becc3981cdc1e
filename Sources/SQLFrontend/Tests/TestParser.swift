import Plan
import Spelling

/// Reads a test's file: annotations that are its steps, JSON in the comments behind them, and SELECTs.
///
/// - Parameters:
///   - eventFile: reads a file of events that lies beside the tests; nil: there is none of that name.
/// - Throws: everything that is wrong in the file.
public func parseTest(
  _ file: SourceFile, eventFile: (_ name: String) throws(DefinitionErrors) -> SourceFile?
) throws(DefinitionErrors) -> TestPlan {
  let source = SourceText(file)
  var parser = TestParser(source: source)
  let steps = try parser.steps(eventFile)
  try parser.diagnostics.check()
  return TestPlan(name: source.fileName, path: file.path, comment: parser.comment, steps: steps)
}

private struct TestParser {
  enum Kind: String, CaseIterable {
    case at, table, events, rows, alerts, get
    case deadLetters = "dead_letters"
  }

  /// A step as it is written.
  struct Section {
    var kind: Kind
    var value: String
    var location: Int
    var valueLocation: Int
    /// The bytes between its own line and the next step.
    var body: Range<Int>
  }

  let source: SourceText
  var diagnostics = Diagnostics()
  private(set) var comment = ""

  init(source: SourceText) {
    self.source = source
  }

  static let firstStep = "-- at: 2026-01-31 12:00:00Z"

  mutating func steps(
    _ eventFile: (String) throws(DefinitionErrors) -> SourceFile?
  ) throws(DefinitionErrors) -> [TestPlan.Step] {
    let sections = self.sections()
    comment = headerComment(until: sections.first?.location ?? source.bytes.count)
    guard let first = sections.first else {
      diagnostics.report(source.error(at: 0, "the test has no steps", hint: "begin with \(Self.firstStep)"))
      return []
    }
    if first.kind != .at {
      diagnostics.report(
        source.error(at: first.location, "the first step sets the clock", hint: "write \(Self.firstStep) before it"))
    }
    if let sql = source.tokens.first(where: { !$0.isComment && $0.range.lowerBound < first.location }) {
      diagnostics.report(
        source.error(at: sql.range.lowerBound, "a SELECT stands behind a step", hint: "write -- rows:"))
    }
    var steps: [TestPlan.Step] = []
    for (index, section) in sections.enumerated() {
      do throws(DefinitionError) {
        let action = try action(section, isFirst: index == 0, eventFile)
        steps.append(TestPlan.Step(action: action, place: source.place(at: section.location)))
      } catch {
        diagnostics.report(error)
      }
    }
    if !sections.contains(where: { [.rows, .alerts, .get, .deadLetters].contains($0.kind) }), diagnostics.errors.isEmpty
    {
      diagnostics.report(
        source.error(at: first.location, "the test expects nothing", hint: "add -- rows:, -- alerts: or -- get:"))
    }
    return steps
  }

  // MARK: Sections

  private mutating func sections() -> [Section] {
    var sections: [Section] = []
    for token in source.tokens where token.kind == .lineComment {
      guard let item = Annotation(token, source) else { continue }
      guard let kind = Kind(rawValue: item.name) else {
        let names = Kind.allCases.map(\.rawValue)
        let nearest = suggestion(for: item.name, among: names)
        diagnostics.report(
          source.error(
            at: item.location, "there is no step \"\(item.name)\"",
            hint: "\(nearest)steps are \(names.joined(separator: ", "))"))
        continue
      }
      if let last = sections.indices.last {
        sections[last].body = sections[last].body.lowerBound..<token.range.lowerBound
      }
      sections.append(
        Section(
          kind: kind, value: item.value, location: item.location, valueLocation: item.valueLocation,
          body: token.range.upperBound..<source.bytes.count))
    }
    return sections
  }

  private func headerComment(until end: Int) -> String {
    source.tokens.prefix { $0.kind == .lineComment && $0.range.upperBound <= end }
      .filter { Annotation($0, source) == nil }
      .map { source.text($0).drop { $0 == "-" || $0 == " " } }.joined(separator: " ")
  }

  // MARK: Steps

  private func action(
    _ section: Section, isFirst: Bool, _ eventFile: (String) throws(DefinitionErrors) -> SourceFile?
  ) throws(DefinitionError) -> TestPlan.Action {
    if section.kind != .rows { try refuseSQL(in: section) }
    switch section.kind {
    case .at:
      try refuseDocuments(in: section)
      return try clock(section, isFirst: isFirst)
    case .table: return try table(section)
    case .events: return try events(section, eventFile)
    case .rows:
      try refuseValue(of: section, "a SELECT stands on the lines below")
      return try rows(section)
    case .alerts:
      try refuseValue(of: section, "alerts are JSON objects on the lines below")
      return .alerts(try documents(section))
    case .deadLetters:
      try refuseValue(of: section, "dead letters are JSON objects on the lines below")
      return .deadLetters(try documents(section))
    case .get: return try answer(section)
    }
  }

  private func clock(_ section: Section, isFirst: Bool) throws(DefinitionError) -> TestPlan.Action {
    let text = section.value
    guard text.hasPrefix("+") else {
      guard case .integer(let time, _)? = Literal(parsing: text, as: .timestamptz) else {
        throw source.error(
          at: section.valueLocation, "not a time: '\(text)'", hint: "write \(Self.firstStep), or -- at: +90 seconds")
      }
      return .setClock(time)
    }
    if isFirst {
      throw source.error(
        at: section.valueLocation, "the first time is a point in time", hint: "write \(Self.firstStep)")
    }
    do throws(Interval.Failure) {
      return .advanceClock(try Interval.microseconds(parsing: String(text.dropFirst())))
    } catch {
      throw source.error(at: section.valueLocation, error.message, hint: error.hint)
    }
  }

  private func table(_ section: Section) throws(DefinitionError) -> TestPlan.Action {
    guard !section.value.isEmpty, !section.value.contains(" ") else {
      throw source.error(
        at: section.valueLocation, "rows are of a table of reference data",
        hint: "write -- table: NAME, and its rows as JSON on the lines below")
    }
    return .table(section.value, try documents(section))
  }

  private func events(
    _ section: Section, _ eventFile: (String) throws(DefinitionErrors) -> SourceFile?
  ) throws(DefinitionError) -> TestPlan.Action {
    let words = section.value.split(separator: " ").map(String.init)
    guard let stream = words.first, words.count <= 2 else {
      throw source.error(
        at: section.valueLocation, "events are of a stream",
        hint: "write -- events: orders, or -- events: orders FILE.jsonl")
    }
    let inline = try documents(section)
    guard words.count == 2 else {
      if inline.isEmpty {
        throw source.error(
          at: section.valueLocation, "there are no events",
          hint:
            "write them on the lines below, one JSON object behind --, or name a file: -- events: \(stream) FILE.jsonl")
      }
      return .events(stream: stream, inline)
    }
    guard inline.isEmpty else {
      throw source.error(at: section.valueLocation, "events are either in a file or on the lines below")
    }
    let location = section.valueLocation + section.value.utf8.count - words[1].utf8.count
    let file: SourceFile?
    do throws(DefinitionErrors) {
      file = try eventFile(words[1])
    } catch {
      throw error.errors.first ?? source.error(at: location, "the file cannot be read")
    }
    guard let file else {
      throw source.error(
        at: location, "there is no file \(words[1])", hint: "files of events end in .jsonl and lie in sql/tests")
    }
    let text = SourceText(file)
    return .events(stream: stream, try TestDocuments(text, in: 0..<text.bytes.count, isCommented: false).all)
  }

  private func rows(_ section: Section) throws(DefinitionError) -> TestPlan.Action {
    // The rest of the file is blanked out: what stands here keeps its place.
    let bytes = source.bytes.enumerated().map { index, byte in
      section.body.contains(index) || byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " ")
    }
    let alone = SourceText(SourceFile(path: source.path, text: String(decoding: bytes, as: UTF8.self)))
    guard alone.bytes.count == source.bytes.count, alone.tokens.contains(where: { !$0.isComment }) else {
      throw source.error(
        at: section.location, "there is no SELECT", hint: "write it on the lines below, and the rows as JSON behind it")
    }
    let select = try PlainSelect(alone, bytes: alone.bytes)
    try select.checkNames()
    var text = FileText()
    text.append(alone.text(select.range), at: source.place(at: select.range.lowerBound))
    return .rows(text, try documents(section))
  }

  private func answer(_ section: Section) throws(DefinitionError) -> TestPlan.Action {
    let words = section.value.split(separator: " ").map(String.init)
    let status = words.count == 2 ? Int(words[1]) : 200
    guard (1...2).contains(words.count), words[0].hasPrefix("/"), let status, (100...599).contains(status) else {
      throw source.error(
        at: section.valueLocation, "a request is a path, and a status when that is not 200",
        hint: "write -- get: /api/stats/errors?minutes=5, or -- get: /api/stats/errors?minutes=0 400")
    }
    let documents = try documents(section)
    guard documents.count <= 1, documents.count == 1 || status != 200 else {
      throw source.error(
        at: section.valueLocation, "an answer is one JSON object", hint: "write what it holds on the lines below")
    }
    return .answer(path: words[0], status: status, documents.first)
  }

  // MARK: Parts of a section

  private func documents(_ section: Section) throws(DefinitionError) -> [TestPlan.Document] {
    try TestDocuments(source, in: section.body, isCommented: true).all
  }

  private func refuseValue(of section: Section, _ hint: String) throws(DefinitionError) {
    guard section.value.isEmpty else {
      throw source.error(at: section.valueLocation, "nothing stands behind \(section.kind.rawValue):", hint: hint)
    }
  }

  private func refuseSQL(in section: Section) throws(DefinitionError) {
    let token = source.tokens.first { !$0.isComment && section.body.contains($0.range.lowerBound) }
    guard let token else { return }
    throw source.error(
      at: token.range.lowerBound, "SQL stands only behind rows:",
      hint: "write -- rows: above a SELECT, and -- before JSON")
  }

  private func refuseDocuments(in section: Section) throws(DefinitionError) {
    guard try documents(section).isEmpty else {
      throw source.error(
        at: section.location, "a step of time has nothing below it", hint: "write -- events: above events")
    }
  }
}
