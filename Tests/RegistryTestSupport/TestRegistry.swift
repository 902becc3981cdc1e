import HTTPServer
import JSON
import Registry
import Synchronization

/// A schema registry on 127.0.0.1 that speaks as much of the documented interface as is asked for, and can be made to
/// fail.
public final class TestRegistry: Sendable {
  private struct State {
    /// By path.
    var answers: [String: String] = [:]
    var asked: [String] = []
    /// Instead of any answer.
    var failure: (status: Int, body: String)?
    /// What `Authorization` must be; nil: anything.
    var authorization: String?
    /// Requests wait until it is set free.
    var isSlow = false
    var waiting: [(HTTPRequest, HTTPResponder)] = []
  }

  private let state: SharedState
  private let server: Mutex<HTTPServer?>
  private let port: UInt16

  /// What the server's threads and the test share.
  private final class SharedState: Sendable {
    let state = Mutex(State())

    func answer(_ request: HTTPRequest, _ responder: HTTPResponder) {
      let isHeld = state.withLock { state in
        state.asked.append(request.path)
        if state.isSlow { state.waiting.append((request, responder)) }
        return state.isSlow
      }
      if !isHeld { answerNow(request, responder) }
    }

    func answerNow(_ request: HTTPRequest, _ responder: HTTPResponder) {
      let (status, body) = state.withLock { state -> (Int, String) in
        if let failure = state.failure { return failure }
        if let expected = state.authorization, request.header("authorization") != expected {
          return (401, #"{"error_code":401,"message":"Unauthorized"}"#)
        }
        if let answer = state.answers[request.path] { return (200, answer) }
        if request.path.hasPrefix("/schemas/ids/") {
          return (404, #"{"error_code":40403,"message":"Schema not found"}"#)
        }
        if request.path.hasPrefix("/subjects/") {
          return (404, #"{"error_code":40401,"message":"Subject not found"}"#)
        }
        return (404, #"{"error_code":404,"message":"HTTP 404 Not Found"}"#)
      }
      responder.complete(
        HTTPResponse(status: status, contentType: "application/vnd.schemaregistry.v1+json", bytes: Array(body.utf8)))
    }
  }

  /// - Parameter port: 0: any; another: that of a registry which was stopped.
  public init(port: UInt16 = 0) throws {
    let state = SharedState()
    var configuration = HTTPConfiguration()
    configuration.port = port
    configuration.threads = 1
    let server = try HTTPServer(configuration: configuration) { state.answer($0, $1) }
    self.state = state
    self.port = server.port
    self.server = Mutex(server)
  }

  deinit { stop() }

  public var address: String { "http://127.0.0.1:\(port)" }

  public var settings: RegistrySettings { RegistrySettings(addresses: [address]) }

  /// The paths of all requests so far.
  public var asked: [String] { state.state.withLock { $0.asked } }

  /// - Parameters:
  ///   - type: nil: none is said, as for Avro.
  ///   - references: names, subjects and versions.
  public func register(
    id: Int, _ schema: String, type: String? = nil, references: [(name: String, subject: String, version: Int)] = []
  ) {
    set("/schemas/ids/\(id)", Self.members(schema, type, references))
  }

  public func register(
    subject: String, version: Int, isLatest: Bool = true, id: Int, _ schema: String, type: String? = nil,
    references: [(name: String, subject: String, version: Int)] = []
  ) {
    register(id: id, schema, type: type, references: references)
    let members =
      [
        JSONMember("subject", .string(subject)), JSONMember("version", .number(String(version))),
        JSONMember("id", .number(String(id))),
      ] + Self.members(schema, type, references)
    set("/subjects/\(subject)/versions/\(version)", members)
    if isLatest { set("/subjects/\(subject)/versions/latest", members) }
  }

  /// Answers a path with this text, whatever it is.
  public func set(_ path: String, text: String) {
    state.state.withLock { $0.answers[path] = text }
  }

  public func requireAuthorization(_ text: String) {
    state.state.withLock { $0.authorization = text }
  }

  /// Answers everything like this; nil: as it should be.
  public func fail(_ failure: (status: Int, body: String)?) {
    state.state.withLock { $0.failure = failure }
  }

  /// Lets requests wait from now on.
  public func hold() {
    state.state.withLock { $0.isSlow = true }
  }

  /// Answers all that wait, and everything from now on.
  public func letGo() {
    let waiting = state.state.withLock { state in
      defer { state.waiting = [] }
      state.isSlow = false
      return state.waiting
    }
    for (request, responder) in waiting { state.answerNow(request, responder) }
  }

  /// Nobody listens there any more.
  public func stop() {
    state.state.withLock { $0.waiting = [] }
    server.withLock { $0.take() }?.stop(graceMilliseconds: 0)
  }

  /// Listens there again, with the same schemas.
  public func restart() throws {
    stop()
    var configuration = HTTPConfiguration()
    configuration.port = port
    configuration.threads = 1
    let state = state
    let again = try HTTPServer(configuration: configuration) { state.answer($0, $1) }
    server.withLock { $0 = again }
  }

  private static func members(
    _ schema: String, _ type: String?, _ references: [(name: String, subject: String, version: Int)]
  ) -> [JSONMember] {
    var members = [JSONMember("schema", .string(schema))]
    if let type { members.append(JSONMember("schemaType", .string(type))) }
    if !references.isEmpty {
      let list = references.map { reference in
        JSONValue.object([
          JSONMember("name", .string(reference.name)), JSONMember("subject", .string(reference.subject)),
          JSONMember("version", .number(String(reference.version))),
        ])
      }
      members.append(JSONMember("references", .array(list)))
    }
    return members
  }

  private func set(_ path: String, _ members: [JSONMember]) {
    var bytes: [UInt8] = []
    JSONValue.object(members).append(to: &bytes)
    set(path, text: String(decoding: bytes, as: UTF8.self))
  }
}
