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
    func add(_ name: String, _ schema: AvroSchema) {
      byFile[name] = entries.count
      // Files that differ only in documentation, defaults or aliases share a fingerprint; as a writer's schema they
      // are the same, so the first will do.
      if byFingerprint[schema.fingerprint] == nil { byFingerprint[schema.fingerprint] = entries.count }
      entries.append(Entry(file: name, schema: schema))
    }
    let library = try SchemaLibrary(files.map { SchemaText(file: $0.name, text: $0.text) })
    for (index, file) in files.enumerated() {
      let schema = try AvroSchema(library, file: index)
      add(file.name, schema)
      // Each type of a list can be a writer's schema of its own.
      for name in schema.listedTypes {
        if let type = schema.type(named: name) { add("\(file.name)#\(name)", type) }
      }
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
      let place = JSONPosition(of: [.member(member.name)], in: text).map { ":\($0.line):\($0.column)" } ?? ""
      guard let id = UInt32(member.name) else {
        throw .confluentIDs("confluent-ids.json\(place): \"\(member.name)\" is no 32-bit schema id")
      }
      guard let file = member.value.stringValue, let index = files[file] else {
        throw .confluentIDs(
          "confluent-ids.json\(place): the id \(id) names \(member.value.text), which is no schema file")
      }
      ids[id] = index
    }
    return ids
  }

  /// - Parameter file: the name of a file; `file#my.ns.Name` is the type of that name in it.
  public func schema(file: String) -> AvroSchema? {
    if let index = byFile[file] { return entries[index].schema }
    guard let mark = file.firstIndex(of: "#"), let index = byFile[String(file[..<mark])] else { return nil }
    return entries[index].schema.type(named: String(file[file.index(after: mark)...]))
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
