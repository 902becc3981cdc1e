import Glibc
import TextFiles

/// A file of a project that its definitions are read from.
public struct ProjectFile: Hashable, Sendable {
  /// In the project: `sql/aggregates/order_stats.sql`.
  public var path: String
  public var text: String

  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// The files of a project: all of its folder as it was at one moment, or texts of one that were kept.
///
/// Definitions are read from these alone, so that what was judged is what can be kept and read again elsewhere.
public struct ProjectFiles: Sendable, CustomStringConvertible {
  struct Entry: Sendable {
    var name: String
    var isFolder: Bool
  }

  /// What messages call the project's folder.
  public let description: String
  private var texts: [String: String] = [:]
  /// Why folders or files could not be read, by their paths.
  private var faults: [String: Fault] = [:]
  private var folders: [String: [Entry]] = [:]

  private struct Fault: Sendable {
    /// In the file: `:3:7`, or nothing.
    var place = ""
    var reason: String
  }

  /// Where a project's files are.
  private static let tops = ["sql", "schemas"]
  private static let endings = [".sql", ".avsc", ".json", ".jsonl"]
  /// Tests decide on no row, and the engine's own schema travels in the program.
  private static let undeployed = ["sql/tests/", "sql/schema/"]

  /// Reads the folder. What cannot be read is said where it is needed.
  public init(folder: String) {
    description = folder
    for top in Self.tops {
      list(top)
      for entry in folders[top] ?? [] where entry.isFolder { list("\(top)/\(entry.name)") }
    }
    for (path, entries) in folders {
      for entry in entries where !entry.isFolder && Self.isRead(entry.name) { read("\(path)/\(entry.name)") }
    }
  }

  /// Files that were kept, or are made up.
  ///
  /// - Parameter name: what messages call the folder that they would be in.
  public init(_ files: [ProjectFile], name: String) {
    description = name
    for file in files { add(file) }
  }

  /// Adds a file, or puts it in the place of the one of the same path.
  public mutating func add(_ file: ProjectFile) {
    texts[file.path] = file.text
    var parts = file.path.split(separator: "/").map(String.init)
    var isFolder = false
    while let name = parts.popLast(), !parts.isEmpty {
      let folder = parts.joined(separator: "/")
      if folders[folder]?.contains(where: { $0.name == name }) != true {
        folders[folder, default: []].append(Entry(name: name, isFolder: isFolder))
        folders[folder]?.sort { $0.name < $1.name }
      }
      isFolder = true
    }
  }

  /// What has to be kept to run the same project elsewhere: everything but tests, by path.
  public var deployed: [ProjectFile] {
    texts.filter { text in !Self.undeployed.contains { text.key.hasPrefix($0) } }
      .map { ProjectFile(path: $0.key, text: $0.value) }.sorted { $0.path < $1.path }
  }

  // MARK: For `Folder`

  /// What is not hidden in the folder, sorted by name; nothing when there is no such folder.
  func entries(_ folder: String) throws(ProjectError) -> [Entry] {
    if let fault = faults[folder] { throw .unreadable(path: folder, reason: fault.reason) }
    return folders[folder] ?? []
  }

  /// The file's text, or nil when there is no such file.
  func text(_ path: String) throws(ProjectError) -> String? {
    if let fault = faults[path] { throw .unreadable(path: path + fault.place, reason: fault.reason) }
    return texts[path]
  }

  private static func isRead(_ name: String) -> Bool { endings.contains { name.hasSuffix($0) } }

  private mutating func list(_ folder: String) {
    let path = "\(description)/\(folder)"
    guard let directory = opendir(path) else {
      if errno != ENOENT { faults[folder] = Fault(reason: String(cString: strerror(errno))) }
      return
    }
    defer { closedir(directory) }
    var entries: [Entry] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      var status = stat()
      let isFolder = stat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      entries.append(Entry(name: name, isFolder: isFolder))
    }
    folders[folder] = entries.sorted { $0.name < $1.name }
  }

  private mutating func read(_ path: String) {
    do {
      texts[path] = try TextFile.read("\(description)/\(path)")
    } catch {
      faults[path] = Fault(place: error.place, reason: error.description)
    }
  }
}
