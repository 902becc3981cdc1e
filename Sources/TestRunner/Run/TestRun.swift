import Dialects
import Events
import JSON
import Plan
import Postgres
import Project
import SQLQuoting
import StatsAPI

/// One test under way.
final class TestRun {
  private let project: Project
  private let schema: ScratchSchema
  private let clock: VirtualClock
  private let references: ScratchReferences
  private let streams: [StreamRun]
  /// Of the alerts and dead letters that have been looked at.
  private var lastAlert: Int64 = 0
  private var lastLetter: Int64 = 0
  private var lastEvents: FilePlace?

  init(_ test: TestPlan, _ project: Project, _ schema: ScratchSchema) throws {
    self.project = project
    self.schema = schema
    guard case .setClock(let start)? = test.steps.first?.action else {
      throw TestRunError("the test does not begin with a time")
    }
    let clock = VirtualClock(now: start)
    self.clock = clock
    try schema.empty()
    try schema.setClock(start)
    let references = ScratchReferences(project.usedReferences)
    try references.load(schema.connection)
    self.references = references
    streams = try project.streams.map { stream in
      let names = Set(stream.plan.aggregates.map(\.name))
      return try StreamRun(
        stream, alerts: project.alerts.filter { names.contains($0.aggregate) }, references: references, clock: clock,
        database: schema.settings, schema.connection)
    }
  }

  /// - Returns: what was not as it is expected.
  func perform(_ step: TestPlan.Step) throws -> [TestOutcome.Failure] {
    let failure = { (message: String, lines: [String]) in
      TestOutcome.Failure(place: step.place, message: message, lines: lines)
    }
    switch step.action {
    case .setClock(let time):
      guard time >= clock.now else { throw TestRunError("the clock cannot go back") }
      return try advance(to: time).map { failure($0, []) }
    case .advanceClock(let length):
      let (time, isTooLate) = clock.now.addingReportingOverflow(length)
      guard !isTooLate else { throw TestRunError("no clock goes that far") }
      return try advance(to: time).map { failure($0, []) }
    case .table(let name, let rows):
      try schema.fill(name, with: rows)
      try references.load(schema.connection)
      return []
    case .events(let name, let events):
      guard let stream = streams.first(where: { $0.name == name }) else { throw TestRunError("no stream \(name)") }
      lastEvents = step.place
      try stream.take(try events.map(record))
      return try stream.watchOnce().map { failure($0, []) }
    case .rows(let select, let expected):
      return try difference(try rows(of: select), expected).map { failure("the rows differ", $0) }.asList
    case .alerts(let expected):
      return try difference(try newAlerts(), expected).map { failure("the alerts differ", $0) }.asList
    case .deadLetters(let expected):
      return try difference(try newDeadLetters(), expected).map { failure("the dead letters differ", $0) }.asList
    case .answer(let path, let status, let expected):
      // The columns of views are asked for only where rows may be.
      let relations =
        path.hasPrefix(EndpointPlan.aggregatesPath) ? try Relation.all(of: project, schema.connection) : []
      let endpoints = project.endpoints.map { $0.naming(books: schema.connection.pulse) }
      let answer = DirectAnswer(to: path, of: endpoints, relations, schema.connection)
      guard answer.status == status else {
        return [failure("the status is \(answer.status), expected \(status): \(answer.body)", [])]
      }
      guard let expected, status == 200 else { return [] }
      return try difference([JSONValue(parsing: answer.body)], [expected]).map { failure("the answer differs", $0) }
        .asList
    }
  }

  /// Dead letters that no step has expected: an event of the test is probably not written as it was meant.
  func unexpectedDeadLetters() throws -> [TestOutcome.Failure] {
    let letters = try newDeadLetters()
    guard let lastEvents, !letters.isEmpty else { return [] }
    return [
      TestOutcome.Failure(
        place: lastEvents, message: "events became dead letters, and no step dead_letters expects them",
        lines: letters.map { "+ " + $0.spaced })
    ]
  }

  // MARK: Time

  /// Stops on the way wherever something happens without events.
  private func advance(to time: Int64) throws -> [String] {
    let turns = Set(streams.flatMap(\.turns).filter { $0 > clock.now && $0 < time })
    var problems: [String] = []
    for stop in turns.sorted() + [time] {
      clock.advance(to: stop)
      try schema.setClock(stop)
      for stream in streams {
        try stream.settle()
        problems += try stream.watchOnce()
      }
    }
    return problems
  }

  // MARK: Events

  /// An event as a record. Its member `kafka` is what a record has beside its payload.
  private func record(_ event: TestPlan.Document) throws -> OwnedRecord {
    var record = OwnedRecord(payload: Array(event.text.utf8), timestampMilliseconds: clock.now / 1000)
    guard case .object(var members) = try JSONValue(parsing: event.text),
      let index = members.firstIndex(where: { $0.name == MetadataColumn.record && $0.value.objectValue != nil })
    else { return record }
    let metadata = members.remove(at: index).value
    record.payload = Array(JSONValue.object(members).text.utf8)
    record.key = metadata["key"]?.stringValue.map { Array($0.utf8) }
    record.headers = (metadata["headers"]?.objectValue ?? []).map {
      RecordHeader(name: $0.name, value: $0.value.stringValue.map { Array($0.utf8) })
    }
    if let time = metadata["timestamp"]?.stringValue {
      let milliseconds = try schema.connection.query(
        "SELECT (extract(epoch FROM $1::timestamptz) * 1000)::bigint", [.untyped(time)])
      record.timestampMilliseconds = milliseconds.integer(0, 0) ?? -1
    }
    return record
  }

  // MARK: What came of them

  private func difference(_ actual: [JSONValue], _ expected: [TestPlan.Document]) throws -> [String]? {
    JSONDifference.lines(actual, try expected.map { try JSONValue(parsing: $0.text) })
  }

  private func rows(of select: FileText) throws -> [JSONValue] {
    // Under a name that no column has, which would be taken before the whole row.
    let row = quotedIdentifier("streampulse row")
    let head = "SELECT row_to_json(\(row))::text FROM (\n"
    do {
      return try schema.documents("\(head)\(select.text)\n) AS \(row)")
    } catch let error as PostgresError {
      guard case .server(let report) = error.kind, let position = report.position else { throw error }
      let before = select.text.unicodeScalars.prefix(max(0, position - 1 - head.unicodeScalars.count))
      guard let place = select.place(of: before.reduce(0) { $0 + UTF8.width($1) }) else { throw error }
      throw TestRunError(report.message + (report.hint.map { "\n  hint: \($0)" } ?? ""), at: place)
    }
  }

  private func newAlerts() throws -> [JSONValue] {
    let alerts = try schema.documents(
      """
      SELECT row_to_json(a)::text FROM alerts AS a WHERE id > $1
      ORDER BY window_start, alert_type COLLATE "C", key::text COLLATE "C"
      """, [.bigint(lastAlert)])
    lastAlert = alerts.compactMap { $0["id"]?.intValue }.max().map { Int64($0) } ?? lastAlert
    return alerts
  }

  private func newDeadLetters() throws -> [JSONValue] {
    let letters = try schema.documents(
      """
      SELECT row_to_json(d)::text FROM (
        SELECT id, stream, code, reason, aggregate, window_start FROM dead_letters WHERE id > $1 ORDER BY id) AS d
      """, [.bigint(lastLetter)])
    lastLetter = letters.compactMap { $0["id"]?.intValue }.max().map { Int64($0) } ?? lastLetter
    return letters
  }
}

extension Optional {
  fileprivate var asList: [Wrapped] { map { [$0] } ?? [] }
}
