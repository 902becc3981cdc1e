import Events
import Observability
import Plan
import Registry
import RegistryTestSupport
import Storage
import Testing
import TextFiles
import Threads

@testable import Processing
@testable import ProcessingTestSupport

/// Records whose schemas are not the project's own, an instance that reads them, and the registry that has them.
@Suite(.serialized) struct SchemaWaitTests {
  private let bench: Bench
  private let load: Load
  private let registry: TestRegistry
  private let schema: String

  init() throws {
    bench = try Bench()
    load = try Load()
    registry = try TestRegistry()
    schema = try #require(try TextFile.read("\(repository)/schemas/event.avsc"))
  }

  private func send(_ count: Int, framedWith id: UInt32? = nil, to partition: Int32) throws {
    let header = id.map { [0] + withUnsafeBytes(of: $0.bigEndian, Array.init) } ?? []
    for number in 0..<count {
      try load.send(bytes: header + Download(minute: number % 3, region: "R\(number % 5)").encoded, to: partition)
    }
    try load.settle()
  }

  private func waits(_ instance: Instance) -> [TopicPartition: String] { instance.processor.status.current.waiting }

  private func count(_ instance: Instance, _ isCounted: (Observation) -> Bool) -> Int {
    instance.observations.filter(isCounted).count
  }

  private func positions() throws -> [String] {
    try bench.rows("SELECT partition, next_offset FROM pulse.progress ORDER BY partition")
  }

  @Test("a schema that the registry has is asked for once, however many partitions need it, and kept")
  func learns() throws {
    registry.register(id: 7, schema)
    for partition in Int32(0)..<3 { try send(20, framedWith: 7, to: partition) }
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("all events", of: [instance]) { try bench.total == 60 }
    for partition in Int32(0)..<3 { try send(20, framedWith: 7, to: partition) }
    try until("the later ones", of: [instance]) { try bench.total == 120 }
    #expect(registry.asked == ["/schemas/ids/7"])
    #expect(try bench.rows("SELECT id, registry FROM pulse.schemas") == ["7 \(registry.address)"])
    #expect(waits(instance) == [:])
    #expect(instance.stop() == "stopped")
    #expect(try bench.verify().holds)
  }

  @Test("while the registry is down the partition waits that needs it, the others go on, and it is said once")
  func registryDown() throws {
    registry.register(id: 7, schema)
    registry.stop()
    try send(10, to: 0)
    try send(5, framedWith: 7, to: 0)
    try send(10, to: 0)
    try send(20, to: 1)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("what can be read", of: [instance]) { try bench.total == 30 }
    try until("the reason", of: [instance]) { waits(instance)[0]?.contains(registry.address) == true }
    let text = try #require(waits(instance)[0])
    #expect(
      text.hasPrefix(
        "partition 0 of content-downloads waits at offset 10 for the schema 7, which the schema registry has not given yet:"
      ))
    #expect(waits(instance).count == 1)
    // The others go on for as long as it takes.
    try send(20, to: 1)
    try until("more of the other", of: [instance]) { try bench.total == 50 }
    #expect(try positions() == ["0 10", "1 40", "2 0"])
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["0"])
    #expect(count(instance) { if case .registryDown = $0 { true } else { false } } == 1)

    try registry.restart()
    try until("all events", of: [instance]) { try bench.total == 65 }
    #expect(try positions() == ["0 25", "1 40", "2 0"])
    #expect(waits(instance) == [:])
    #expect(count(instance) { if case .registryUp = $0 { true } else { false } } == 1)
    #expect(instance.stop() == "stopped")
    #expect(try bench.verify().holds)
  }

  @Test("a partition that waits goes to another instance with the group, and nothing is lost or counted twice")
  func rebalance() throws {
    registry.register(id: 7, schema)
    registry.hold()
    for partition in Int32(0)..<3 {
      try send(10, to: partition)
      try send(10, framedWith: 7, to: partition)
    }
    let first = try Instance(bench, load, registry: registry.settings)
    try until("all to wait", of: [first]) { waits(first).count == 3 }
    let second = try Instance(bench, load, registry: registry.settings)
    try until("both to wait", of: [first, second]) {
      !waits(first).isEmpty && !waits(second).isEmpty && waits(first).count + waits(second).count == 3
    }
    registry.letGo()
    try until("all events", of: [first, second]) { try bench.total == 60 }
    #expect(second.stop() == "stopped")
    try send(10, framedWith: 7, to: 1)
    try until("more", of: [first]) { try bench.total == 70 }
    #expect(first.stop() == "stopped")
    #expect(try bench.verify().holds)
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["0"])
  }

  @Test("an instance that is told to stop does not wait for the registry")
  func stop() throws {
    registry.hold()
    try send(1, framedWith: 7, to: 0)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("it to wait", of: [instance]) { waits(instance).count == 1 && !registry.asked.isEmpty }
    let started = Clock.monotonic()
    #expect(instance.stop() == "stopped")
    #expect(Clock.monotonic() - started < 8_000_000)
    #expect(try positions() == ["0 0", "1 0", "2 0"])
  }

  @Test("an id that the registry does not know is a dead letter that names the registry, and what follows is processed")
  func unknown() throws {
    registry.register(id: 7, schema)
    try send(2, framedWith: 7, to: 0)
    try send(3, framedWith: 9, to: 0)
    try send(2, framedWith: 7, to: 0)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("all records", of: [instance]) {
      try bench.total == 4 && bench.rows("SELECT count(*) FROM dead_letters") == ["3"]
    }
    let letters = try bench.rows("SELECT DISTINCT code, schema_id, reason FROM dead_letters")
    #expect(letters.count == 1)
    #expect(
      letters[0].hasPrefix(
        "UNKNOWN_SCHEMA 9 the schema registry \(registry.address) does not know the schema 9 (40403)"))
    // Asked once for both.
    #expect(registry.asked.filter { $0.hasSuffix("/9") }.count == 1)
    #expect(instance.stop() == "stopped")
    #expect(try bench.verify().holds)
  }

  @Test(
    "a schema that is not Avro's, that cannot be read, or that does not fit is a dead letter with the reason",
    arguments: [
      ("syntax = \"proto3\";", "PROTOBUF", "is of the type PROTOBUF, and only AVRO is read"),
      ("{\"type\":\"recrod\"}", nil, "the schema 8 of the registry"),
      ("\"string\"", nil, "written with the schema 8 of the registry"),
    ])
  func unusable(text: String, type: String?, reason: String) throws {
    registry.register(id: 8, text, type: type)
    try send(1, framedWith: 8, to: 0)
    try send(2, to: 0)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("all records", of: [instance]) {
      try bench.total == 2 && bench.rows("SELECT count(*) FROM dead_letters") == ["1"]
    }
    let letters = try bench.rows("SELECT code, reason FROM dead_letters")
    #expect(letters[0].hasPrefix("UNRESOLVABLE ") && letters[0].contains(reason), "\(letters)")
    #expect(instance.stop() == "stopped")
  }

  @Test("an id that fails alone does not keep the others from being looked up")
  func oneFails() throws {
    registry.register(id: 7, schema)
    registry.set("/schemas/ids/6", text: "no JSON")
    try send(1, framedWith: 6, to: 0)
    try send(5, framedWith: 7, to: 1)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("the other partition", of: [instance]) { try bench.total == 5 }
    try until("the one to wait", of: [instance]) {
      waits(instance)[0]?.contains("does not answer like a schema registry") == true
    }
    registry.register(id: 6, schema)
    try until("all events", of: [instance]) { try bench.total == 6 }
    #expect(instance.stop() == "stopped")
  }

  @Test("what is kept in the database needs no registry: it is gone, or was never configured")
  func kept() throws {
    registry.register(id: 7, schema)
    try KeptSchemas(bench.connection).keep(RegisteredSchema(id: 7, text: schema), from: registry.address)
    registry.stop()
    try send(5, framedWith: 7, to: 0)
    let first = try Instance(bench, load, registry: registry.settings)
    try until("all events", of: [first]) { try bench.total == 5 }
    #expect(first.stop() == "stopped")
    // Known from the beginning, nothing waits.
    try send(5, framedWith: 7, to: 0)
    let second = try Instance(bench, load, registry: nil, kept: KeptSchemas(bench.connection).newest(10))
    try until("more", of: [second]) { try bench.total == 10 }
    #expect(count(second) { if case .schemaAwaited = $0 { true } else { false } } == 0)
    #expect(second.stop() == "stopped")
    #expect(registry.asked == [])
  }

  @Test("a writer's schema that grows in mid-stream is resolved to the stream's own")
  func evolution() throws {
    let grown = schema.replacing(
      #"{"name": "event_id","#, with: #"{"name": "added", "type": "long"}, {"name": "event_id","#)
    try #require(grown != schema)
    registry.register(id: 7, schema)
    registry.register(id: 8, grown)
    try send(5, framedWith: 7, to: 0)
    for _ in 0..<5 { try load.send(bytes: [0, 0, 0, 0, 8] + [84] + Download().encoded, to: 0) }
    try send(5, framedWith: 7, to: 0)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("all events", of: [instance]) { try bench.total == 15 }
    #expect(try bench.rows("SELECT count(*) FROM dead_letters") == ["0"])
    #expect(instance.stop() == "stopped")
  }

  @Test("a partition that waits holds the watermark back, so that its events are not late when they can be read")
  func watermark() throws {
    registry.register(id: 7, schema)
    registry.hold()
    try send(3, to: 0)
    try send(1, framedWith: 7, to: 0)
    let instance = try Instance(bench, load, registry: registry.settings)
    try until("it to wait", of: [instance]) { waits(instance).count == 1 }
    let watermark = "SELECT extract(epoch FROM watermark)::bigint, is_idle FROM pulse.progress WHERE partition = 0"
    try until("its watermark", of: [instance]) { try bench.rows(watermark)[0].hasPrefix("1767225") }
    let before = try bench.rows(watermark)
    for minute in 100..<103 { try load.send(bytes: Download(minute: minute).encoded, to: 1) }
    try load.settle()
    try until("the other", of: [instance]) { try bench.total == 6 }
    #expect(try bench.rows(watermark) == before)
    registry.letGo()
    try until("all events", of: [instance]) { try bench.total == 7 }
    #expect(instance.stop() == "stopped")
  }
}
