import HTTPClient
import Plan
import Registry
import RegistryTestSupport
import Testing

private let record = #"{"type":"record","name":"a.R","fields":[{"name":"x","type":"long"}]}"#

@Suite struct RegistryClientTests {
  private let registry: TestRegistry
  private let client: RegistryClient

  init() throws {
    registry = try TestRegistry()
    client = try RegistryClient(registry.settings)
  }

  private func error(_ body: () throws -> Void) -> RegistryError? {
    #expect(throws: RegistryError.self, performing: body)
  }

  @Test("a schema is found by its id, whether or not its type is said", arguments: [nil, "AVRO"])
  func byID(type: String?) throws {
    registry.register(id: 7, record, type: type)
    #expect(try client.schema(id: 7) == RegisteredSchema(id: 7, text: record))
    #expect(registry.asked == ["/schemas/ids/7"])
  }

  @Test("the latest version of a subject is found, whatever characters its name has")
  func latest() throws {
    registry.register(subject: "a b/ü-value", version: 1, id: 3, "\"string\"")
    registry.register(subject: "a b/ü-value", version: 2, id: 4, record)
    let latest = try client.latest(subject: "a b/ü-value")
    #expect(
      latest == SubjectVersion(subject: "a b/ü-value", version: 2, schema: RegisteredSchema(id: 4, text: record)))
  }

  @Test("what a schema refers to comes along, once each, also in circles")
  func references() throws {
    registry.register(subject: "leaf", version: 1, id: 1, "{leaf}", references: [("a.Root", "root", 1)])
    registry.register(
      subject: "middle", version: 3, isLatest: false, id: 2, "{middle}", references: [("a.Leaf", "leaf", 1)])
    registry.register(
      subject: "root", version: 1, id: 3, "{root}", references: [("a.Middle", "middle", 3), ("a.Leaf", "leaf", 1)])
    let schema = try client.schema(id: 3)
    #expect(schema.text == "{root}")
    #expect(Set(schema.references.map(\.name)) == ["a.Leaf", "a.Middle", "a.Root"])
    #expect(schema.references.count == 3)
  }

  @Test("a reference that the registry does not know makes the schema useless, not unknown")
  func brokenReference() {
    registry.register(id: 7, record, references: [("a.B", "gone", 1)])
    let refused = error { _ = try client.schema(id: 7) }
    #expect(refused?.kind == .unusable)
    #expect(refused?.description.contains("does not know a.B, to which the schema 7 refers") == true)
  }

  @Test("references without end are refused")
  func tooManyReferences() throws {
    for number in 1...200 {
      registry.register(
        subject: "s\(number)", version: 1, id: number, "{}", references: [("n\(number)", "s\(number + 1)", 1)])
    }
    let refused = error { _ = try client.schema(id: 1) }
    #expect(refused?.kind == .unusable)
    #expect(refused?.description == "the schema 1 refers to more than 100 other schemas")
  }

  @Test("an id and a subject that the registry does not know are unknown, and it is named")
  func unknown() {
    let id = error { _ = try client.schema(id: 9) }
    #expect(id?.kind == .unknown)
    #expect(id?.description == "the schema registry \(registry.address) does not know the schema 9 (40403)")
    let subject = error { _ = try client.latest(subject: "s") }
    #expect(subject?.kind == .unknown)
    #expect(subject?.description == "the schema registry \(registry.address) does not know the subject s (40401)")
  }

  @Test("an id that no registry can have given is unknown without being asked for")
  func impossible() {
    #expect(error { _ = try client.schema(id: 1 << 31) }?.kind == .unknown)
    #expect(registry.asked == [])
  }

  @Test("schemas of other types are refused by name", arguments: ["PROTOBUF", "JSON"])
  func otherTypes(type: String) {
    registry.register(id: 7, "syntax", type: type)
    let refused = error { _ = try client.schema(id: 7) }
    #expect(refused?.kind == .unusable)
    #expect(refused?.description == "the schema 7 at \(registry.address) is of the type \(type), and only AVRO is read")
  }

  static let faults: [(Int, String, String)] = [
    (
      500, #"{"error_code":50001,"message":"Error in the backend\ndata store"}"#,
      "it answers 500: Error in the backend data store"
    ),
    (503, "<html>", "it answers 503"), (429, "", "it answers 429"),
    (
      401, #"{"error_code":401,"message":"Unauthorized"}"#,
      "it does not take this user and password, or this token (401)"
    ),
    (403, "", "this user may not read there (403)"),
    (404, "<html>", "does not answer like a schema registry: it has no such path (404); is the address right?"),
    (404, #"{"error_code":404,"message":"HTTP 404 Not Found"}"#, "it has no such path (404)"),
    (200, "<html>", "does not answer like a schema registry: it sent no JSON object"),
    (200, "{}", "there is no schema in it"),
    (200, #"{"schema":"{}","references":[{"name":"x"}]}"#, "a reference has no subject or no version"),
  ]

  @Test("whatever else is answered may be right the next time, and is said with the address", arguments: faults)
  func unavailable(status: Int, body: String, message: String) {
    registry.fail((status, body))
    let failed = error { _ = try client.schema(id: 7) }
    #expect(failed?.kind == .unavailable)
    #expect(failed?.description.contains(message) == true, "\(failed?.description ?? "")")
    #expect(failed?.description.contains(registry.address) == true)
  }

  @Test("the addresses are tried in turn, and the one that answered comes first the next time")
  func severalAddresses() throws {
    let gone = try TestRegistry()
    gone.stop()
    let ill = try TestRegistry()
    ill.fail((500, ""))
    registry.register(id: 7, record)
    let several = try RegistryClient(
      RegistrySettings(addresses: [gone.address, ill.address + "/", registry.address + "//"]))
    #expect(try several.schema(id: 7).id == 7)
    #expect(ill.asked == ["/schemas/ids/7"])
    #expect(try several.schema(id: 7).id == 7)
    #expect(ill.asked.count == 1)
    registry.stop()
    let failed = error { _ = try several.schema(id: 7) }
    #expect(failed?.kind == .unavailable)
    for address in [gone.address, ill.address, registry.address] {
      #expect(failed?.description.contains(address) == true)
    }
  }

  @Test("user and password are sent, and no error shows them")
  func authorization() throws {
    registry.register(id: 7, record)
    registry.requireAuthorization("Basic dTpodW50ZXIy")
    func client(_ password: String) throws -> RegistryClient {
      try RegistryClient(
        RegistrySettings(
          addresses: [registry.address],
          http: HTTPClientSettings(authorization: .basic(user: "u", password: password))))
    }
    #expect(try client("hunter2").schema(id: 7).id == 7)
    let failed = error { _ = try client("hunter3").schema(id: 7) }
    #expect(failed?.kind == .unavailable)
    #expect(failed?.description.contains("hunter") == false)
  }

  @Test("a redirection is not followed")
  func redirection() throws {
    registry.fail((307, ""))
    #expect(error { _ = try client.schema(id: 7) }?.description.contains("which is not followed") == true)
  }
}
