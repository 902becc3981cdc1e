import Plan
import Processing

/// What one process is told of schemas: of each id after a while, and at once when nothing may go wrong any more.
///
/// `@unchecked Sendable`: a schedule runs on one thread.
final class SimulatedRegistry: SchemaAnswers, @unchecked Sendable {
  private let world: World
  private var knownFrom: [UInt32: Int64] = [:]

  init(_ world: World) {
    self.world = world
  }

  var problem: String? { nil }

  func answer(_ id: UInt32) -> SchemaAnswer? {
    let time = knownFrom[id] ?? world.now + world.random.within(0...world.scenario.schemaDelay)
    knownFrom[id] = time
    if world.hasFaults, world.now < time {
      world.reached(.awaitedSchema)
      return nil
    }
    guard let text = SimulatedStream.schemas[id] else {
      world.reached(.unknownSchema)
      return .unknown(reason: "nobody knows \(id)")
    }
    return .schema(RegisteredSchema(id: id, text: text))
  }
}
