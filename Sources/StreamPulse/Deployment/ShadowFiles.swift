import Project
import SQLQuoting

/// The files of shadows: changed aggregates under names of their own, so that they are kept beside the present ones like
/// any other.
struct ShadowFiles {
  static let suffix = "_shadow"
  private static let mark = "-- Kept beside the present one by streampulse deploy --shadow.\n"
  private static let folder = "sql/aggregates/"

  /// Of the project, by path.
  let files: [ProjectFile]

  init(_ files: ProjectFiles) { self.files = files.deployed }

  /// The aggregates that have a shadow.
  var names: [String] {
    shadows.compactMap { Self.declared(in: $0.text)?.name }.map { String($0.dropLast(Self.suffix.count)) }
  }

  private var shadows: [ProjectFile] { files.filter(Self.isShadow) }

  /// Without shadows.
  var withoutShadows: [ProjectFile] { files.filter { !Self.isShadow($0) } }

  /// With a shadow of each of these aggregates, as other files define them.
  func adding(_ names: Set<String>, from others: ProjectFiles) -> [ProjectFile] {
    let shadows = others.deployed.compactMap { file -> ProjectFile? in
      guard file.path.hasPrefix(Self.folder), let declared = Self.declared(in: file.text),
        names.contains(declared.name)
      else { return nil }
      let name = declared.name + Self.suffix
      var text = file.text
      text.replaceSubrange(declared.range, with: quotedIdentifier(name))
      return ProjectFile(path: "\(Self.folder)\(name).sql", text: Self.mark + text)
    }
    return withoutShadows + shadows
  }

  /// With what each shadow says in the place of the present one.
  var promoted: [ProjectFile] {
    var texts: [String: String] = [:]
    for file in files where Self.isShadow(file) {
      guard let declared = Self.declared(in: file.text) else { continue }
      let name = String(declared.name.dropLast(Self.suffix.count))
      var text = file.text
      text.replaceSubrange(declared.range, with: quotedIdentifier(name))
      texts[name] = String(text.dropFirst(Self.mark.count))
    }
    return withoutShadows.map { file in
      guard file.path.hasPrefix(Self.folder), let name = Self.declared(in: file.text)?.name, let text = texts[name]
      else { return file }
      return ProjectFile(path: file.path, text: text)
    }
  }

  private static func isShadow(_ file: ProjectFile) -> Bool {
    file.path.hasPrefix(folder) && file.path.hasSuffix("\(suffix).sql") && file.text.hasPrefix(mark)
  }

  /// The aggregate that a file defines, and where its name stands.
  static func declared(in text: String) -> (name: String, range: Range<String.Index>)? {
    // Comments and other statements do not count: a line begins with it.
    let statement = /(?im)^\s*create\s+materialized\s+view\s+("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)/
    guard let match = text.firstMatch(of: statement) else { return nil }
    let word = match.1
    let name =
      word.hasPrefix("\"")
      ? String(word.dropFirst().dropLast()).replacing("\"\"", with: "\"") : word.lowercased()
    return (name, word.startIndex..<word.endIndex)
  }
}
