import JSON

/// All schemas of a project: those that may be on the wire, and those that streams read with.
public struct SchemaSet: Sendable {
  public struct Entry: Sendable {
    public let file: String
    public let schema: AvroSchema
  }

  /// In the order given.
  public let entries: [Entry]
  private let byFile: [String: Int]
  private let byFingerprint: [UInt64: Int]
  private let byConfluentID: [UInt32: Int]

  /// - Parameters:
  ///   - files: names and texts of the `.avsc` files.
  ///   - confluentIDs: the text of `confluent-ids.json`, an object that maps ids to file names:
  ///     `{"1": "event.avsc"}`.
  public init(files: [(name: String, text: String)], confluentIDs: String? = nil) throws(AvroError) {
    var entries: [Entry] = []
    var byFile: [String: Int] = [:]
    var byFingerprint: [UInt64: Int] = [:]
    for file in files {
      let schema = try AvroSchema(parsing: file.text, file: file.name)
      byFile[file.name] = entries.count
      // Files that differ only in documentation, defaults or aliases share a fingerprint; as a writer's schema they
      // are the same, so the first will do.
      if byFingerprint[schema.fingerprint] == nil { byFingerprint[schema.fingerprint] = entries.count }
      entries.append(Entry(file: file.name, schema: schema))
    }
    self.entries = entries
    self.byFile = byFile
    self.byFingerprint = byFingerprint
    byConfluentID = try confluentIDs.map { text throws(AvroError) in try Self.parseIDs(text, files: byFile) } ?? [:]
  }

  private static func parseIDs(_ text: String, files: [String: Int]) throws(AvroError) -> [UInt32: Int] {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: text)
    } catch {
      throw .confluentIDs("confluent-ids.json:\(error)")
    }
    guard let members = json.objectValue else {
      throw .confluentIDs("confluent-ids.json: an object of ids and file names is expected, not \(json.kind)")
    }
    var ids: [UInt32: Int] = [:]
    for member in members {
      guard let id = UInt32(member.name) else {
        throw .confluentIDs("confluent-ids.json: \"\(member.name)\" is no 32-bit schema id")
      }
      guard let file = member.value.stringValue, let index = files[file] else {
        throw .confluentIDs("confluent-ids.json: the id \(id) names \(member.value.text), which is no schema file")
      }
      ids[id] = index
    }
    return ids
  }

  public func schema(file: String) -> AvroSchema? {
    byFile[file].map { entries[$0].schema }
  }

  public func schema(fingerprint: UInt64) -> AvroSchema? {
    index(fingerprint: fingerprint).map { entries[$0].schema }
  }

  public func schema(confluentID: UInt32) -> AvroSchema? {
    index(confluentID: confluentID).map { entries[$0].schema }
  }

  /// Where in `entries` it is.
  func index(fingerprint: UInt64) -> Int? { byFingerprint[fingerprint] }
  func index(confluentID: UInt32) -> Int? { byConfluentID[confluentID] }
}
