import HTTPClient
import Hexadecimal
import JSON
import Plan

/// Asks a schema registry by its REST interface, as Confluent documents it
/// (docs.confluent.io/platform/current/schema-registry/develop/api.html) and others speak it, too.
///
/// Blocks; for one thread at a time, except the canceller.
public final class RegistryClient {
  /// Schemas that one schema refers to, directly or through others; more are a mistake.
  public static let maximumReferences = 100

  /// The path of a version of a subject, percent-encoded.
  private struct Version: Hashable {
    var subject: String
    var version: String

    var path: String { "/subjects/\(percentEncoded(subject))/versions/\(version)" }
  }

  private static let mediaTypes =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json"

  public let settings: RegistrySettings
  private let client: HTTPClient
  /// The address that answered last: the next question begins with it.
  private var current = 0

  /// - Throws: for settings that no request can be made with.
  public init(_ settings: RegistrySettings) throws(RegistryError) {
    self.settings = settings
    do throws(HTTPClientError) {
      client = try HTTPClient(settings.http)
    } catch {
      throw RegistryError(.unavailable, "the schema registry cannot be asked: \(error)")
    }
  }

  /// Gives up what is asked; for other threads.
  public var canceller: HTTPCanceller { client.canceller }

  /// The address that answered last.
  public var answeringAddress: String {
    settings.addresses.indices.contains(current) ? settings.addresses[current] : ""
  }

  /// The Avro schema of that id, with all that it refers to.
  public func schema(id: UInt32) throws(RegistryError) -> RegisteredSchema {
    // Ids are Java's int: no registry gives such a one, and it may not even take the question for one.
    guard id <= Int32.max else {
      throw RegistryError(.unknown, "no schema registry gives the id \(id)")
    }
    let what = "the schema \(id)"
    let answer = try ask("/schemas/ids/\(id)", for: what)
    return try schema(answer, id: id, what)
  }

  /// The latest version of a subject.
  public func latest(subject: String) throws(RegistryError) -> SubjectVersion {
    let what = "the subject \(subject)"
    let answer = try ask(Version(subject: subject, version: "latest").path, for: what)
    guard let version = answer.json["version"]?.intValue,
      let id = answer.json["id"]?.intValue.flatMap(UInt32.init(exactly:))
    else { throw answer.malformed("there is no version or no id in it") }
    return SubjectVersion(subject: subject, version: version, schema: try schema(answer, id: id, what))
  }

  private func schema(_ answer: Answer, id: UInt32, _ what: String) throws(RegistryError) -> RegisteredSchema {
    let text = try answer.avroText(what)
    var references: [RegisteredSchema.Reference] = []
    var seen: Set<Version> = []
    var open = try answer.references()
    while let next = open.popLast() {
      guard seen.insert(next.version).inserted else { continue }
      guard seen.count <= Self.maximumReferences else {
        throw RegistryError(.unusable, "\(what) refers to more than \(Self.maximumReferences) other schemas")
      }
      let referred = "\(next.name), to which \(what) refers"
      let answer: Answer
      do throws(RegistryError) {
        answer = try ask(next.version.path, for: referred)
      } catch {
        throw error.kind == .unknown ? RegistryError(.unusable, error.description) : error
      }
      references.append(RegisteredSchema.Reference(name: next.name, text: try answer.avroText(referred)))
      open += try answer.references()
    }
    return RegisteredSchema(id: id, text: text, references: references)
  }

  // MARK: Answers

  /// What an address answered.
  private struct Answer {
    var address: String
    var json: JSONValue

    func malformed(_ reason: String) -> RegistryError {
      RegistryError(.unavailable, "\(address) does not answer like a schema registry: \(reason)")
    }

    func avroText(_ what: String) throws(RegistryError) -> String {
      // Registries from before there were other types leave it out for Avro, as today's do.
      let type = json["schemaType"]?.stringValue ?? "AVRO"
      guard type == "AVRO" else {
        throw RegistryError(.unusable, "\(what) at \(address) is of the type \(type), and only AVRO is read")
      }
      guard let text = json["schema"]?.stringValue else { throw malformed("there is no schema in it") }
      guard !text.utf8.contains(0) else { throw RegistryError(.unusable, "\(what) at \(address) holds a zero byte") }
      return text
    }

    func references() throws(RegistryError) -> [(name: String, version: Version)] {
      var references: [(name: String, version: Version)] = []
      for reference in json["references"]?.arrayValue ?? [] {
        guard let subject = reference["subject"]?.stringValue, let version = reference["version"]?.intValue else {
          throw malformed("a reference has no subject or no version")
        }
        references.append(
          (reference["name"]?.stringValue ?? subject, Version(subject: subject, version: String(version))))
      }
      return references
    }
  }

  /// Asks the addresses in turn until one says something about it.
  private func ask(_ path: String, for what: String) throws(RegistryError) -> Answer {
    var problems: [String] = []
    for turn in settings.addresses.indices {
      let index = (current + turn) % settings.addresses.count
      let address = settings.addresses[index]
      let reply: HTTPReply
      do throws(HTTPClientError) {
        reply = try client.get(address + path, headers: [("Accept", Self.mediaTypes)])
      } catch {
        guard error.kind != .cancelled else { throw RegistryError(.cancelled, error.description) }
        problems.append("\(address): \(error)")
        continue
      }
      if let problem = Self.problem(reply) {
        problems.append("\(address): \(problem)")
        continue
      }
      current = index
      return try read(reply, from: address, what)
    }
    throw RegistryError(
      .unavailable, problems.isEmpty ? "there is no address of a schema registry" : problems.joined(separator: "; "))
  }

  /// Why the reply says nothing about what was asked for; nil: it does.
  private static func problem(_ reply: HTTPReply) -> String? {
    switch reply.status {
    case 200, 404: nil
    case 401: "it does not take this user and password, or this token (401)"
    case 403: "this user may not read there (403)"
    case 300..<400:
      "it redirects to \(reply.location.map(withoutQuery) ?? "nowhere") (\(reply.status)), which is not followed: set that address"
    default: "it answers \(reply.status)" + (message(reply).map { ": \($0)" } ?? "")
    }
  }

  private func read(_ reply: HTTPReply, from address: String, _ what: String) throws(RegistryError) -> Answer {
    let json = try? JSONValue(parsing: String(decoding: reply.body, as: UTF8.self))
    let answer = Answer(address: address, json: json ?? .null)
    if reply.status == 404 {
      // Subject, version or schema not found. Any other 404 is of something that is no registry: a wrong path.
      guard let code = answer.json["error_code"]?.intValue, (40401...40403).contains(code) else {
        throw answer.malformed("it has no such path (404); is the address right?")
      }
      throw RegistryError(.unknown, "the schema registry \(address) does not know \(what) (\(code))")
    }
    guard case .object = answer.json else { throw answer.malformed("it sent no JSON object") }
    return answer
  }

  /// The registry's own words, bounded.
  private static func message(_ reply: HTTPReply) -> String? {
    let json = try? JSONValue(parsing: String(decoding: reply.body, as: UTF8.self))
    return json?["message"]?.stringValue.map { text in
      String(text.prefix(200).map { $0.isNewline ? " " : $0 })
    }
  }
}

/// Queries are where other people's secrets stand.
private func withoutQuery(_ address: String) -> String { String(address.prefix { $0 != "?" && $0 != "#" }) }
