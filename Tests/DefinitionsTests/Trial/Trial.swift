import Events
import Plan
import SQLFrontend

@testable import PostgresOracle

/// A stream, events of it, and definitions over it: what is run through the engine and given to Postgres.
struct Trial {
  static let definitionsPerTrial = 10

  let seed: UInt64
  var stream: RandomStream
  var events: [RandomEvent]
  /// Tables that the definitions are joined with.
  var references: [RandomReference]
  var definitions: [RandomDefinition]
  /// Of the engine's schedule.
  var schedule: UInt64

  init(seed: UInt64, events count: Int = 90) throws {
    self.seed = seed
    var random = RandomValues(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    stream = RandomStream(name: "stream_\(seed)", &random)
    let made = RandomEvents(stream, count: count, &random)
    events = made.events
    var generator = DefinitionGenerator(
      stream, try Trial.parsed(stream), made, random: RandomValues(seed: random.next()))
    definitions = []
    for number in 0..<Trial.definitionsPerTrial {
      definitions.append(generator.definition(named: "d\(number)_\(seed)", after: definitions))
    }
    references = generator.references
    schedule = random.next()
  }

  static func parsed(_ stream: RandomStream) throws(DefinitionErrors) -> ParsedStream {
    try parseStream(SourceFile(path: "stream.sql", text: stream.text))
  }

  /// The definitions by way of which one is fed, the one in its FROM first.
  func feeders(of definition: RandomDefinition) -> [RandomDefinition] { definitions.feeders(of: definition) }

  /// The plan of the definitions that the engine takes, and what it has against the others.
  func planned() throws -> (plan: StreamPlan, definitions: [RandomDefinition], refusals: [String]) {
    let parsed = try Trial.parsed(stream)
    let references = parseReferences(references.map { SourceFile(path: $0.name, text: $0.text) })
    guard references.errors.isEmpty else { throw DefinitionErrors(references.errors) }
    var taken = definitions
    var refusals: [String] = []
    while true {
      let files = taken.map { SourceFile(path: $0.name, text: $0.text) }
      do throws(DefinitionErrors) {
        let plan = try planStream(parsed, references: references, aggregates: files, fields: stream.fields)
        return (plan, taken, refusals)
      } catch {
        let paths = Set(error.errors.map(\.path))
        guard taken.contains(where: { paths.contains($0.name) }) else { throw error }
        refusals += error.errors.map { error in
          "\(error)\n\(taken.first { $0.name == error.path }?.text ?? "")"
        }
        taken.removeAll { paths.contains($0.name) }
      }
    }
  }

  var records: [OwnedRecord] {
    var offsets: [Int32: Int64] = [:]
    return events.map { event in
      let offset = offsets[event.partition, default: 0]
      offsets[event.partition] = offset + 1
      var key: [UInt8]?
      for (column, value) in zip(stream.columns, event.values) {
        if case .metadata(.key) = column.form, case .text(let text)? = value { key = Array(text.utf8) }
      }
      return OwnedRecord(
        payload: stream.payload(event.values), key: key, partition: event.partition, offset: offset,
        timestampMilliseconds: 1_700_000_000_000)
    }
  }
}
