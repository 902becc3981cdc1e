import Observability
import Plan
import Registry
import RegistryTestSupport
import Synchronization
import Testing
import Threads

@testable import ProcessingTestSupport

/// A lookup on a thread of its own, which ends with the test.
private final class Running {
  let schemas: WriterSchemas
  private let thread: WorkerThread
  let said = Log()

  init(_ registry: TestRegistry, _ bench: Bench, kept: [RegisteredSchema] = []) throws {
    let said = said
    let schemas = WriterSchemas(registry.settings, database: bench.settings, kept: kept) { said.append($0) }
    self.schemas = schemas
    thread = try WorkerThread(name: "schemas") { schemas.run() }
  }

  deinit {
    schemas.stop()
    thread.join()
  }

  func until(_ what: String, _ condition: () throws -> Bool) throws {
    try ProcessingTestSupport.until(what, seconds: 30, condition)
  }
}

@Suite struct WriterSchemasTests {
  private let bench: Bench
  private let registry: TestRegistry

  init() throws {
    bench = try Bench()
    registry = try TestRegistry()
  }

  @Test("a question never waits, and is asked once however often it is repeated")
  func once() throws {
    registry.register(id: 7, "\"string\"")
    registry.hold()
    let running = try Running(registry, bench)
    for _ in 0..<100 { #expect(running.schemas.answer(7) == nil) }
    try running.until("the registry to be asked") { registry.asked.count == 1 }
    for _ in 0..<100 { #expect(running.schemas.answer(7) == nil) }
    registry.letGo()
    try running.until("an answer") { running.schemas.answer(7) != nil }
    #expect(running.schemas.answer(7) == .schema(RegisteredSchema(id: 7, text: "\"string\"")))
    #expect(registry.asked.count == 1)
  }

  @Test("what is known from the beginning is not asked for")
  func kept() throws {
    let schema = RegisteredSchema(id: 7, text: "\"string\"")
    let running = try Running(registry, bench, kept: [schema])
    #expect(running.schemas.answer(7) == .schema(schema))
    #expect(registry.asked.isEmpty)
  }

  @Test("while the registry fails the reason is there, said once, and it is tried again until it answers")
  func retries() throws {
    registry.register(id: 7, "\"string\"")
    registry.fail((503, ""))
    let running = try Running(registry, bench)
    #expect(running.schemas.answer(7) == nil)
    #expect(running.schemas.problem == nil)
    try running.until("several tries") { registry.asked.count >= 3 }
    #expect(running.schemas.problem == "\(registry.address): it answers 503")
    registry.fail(nil)
    try running.until("an answer") { running.schemas.answer(7) != nil }
    #expect(running.schemas.problem == nil)
    let down = running.said.observations.filter { if case .registryDown = $0 { true } else { false } }
    let up = running.said.observations.filter { if case .registryUp = $0 { true } else { false } }
    #expect(down.count == 1 && up.count == 1)
  }

  @Test("it ends at once while a registry says nothing")
  func stops() throws {
    registry.hold()
    let started = Clock.monotonic()
    do {
      let running = try Running(registry, bench)
      _ = running.schemas.answer(7)
      try running.until("the registry to be asked") { registry.asked.count == 1 }
    }
    #expect(Clock.monotonic() - started < 8_000_000)
  }
}
