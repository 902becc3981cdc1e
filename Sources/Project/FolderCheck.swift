import SQLFrontend
import Spelling

/// Refuses what lies in a project's folders and would not be read: a folder or an ending that is misspelt must not make
/// a definition disappear.
enum FolderCheck {
  /// What the folders of `sql/` hold.
  private static let definitionFolders = [
    "streams", "references", "aggregates", "views", "endpoints", "alerts", TestFolder.name, engineFolder,
  ]
  /// The engine's own migrations are no definitions.
  private static let engineFolder = "schema"

  /// Everything in `sql/` and `schemas/` that has no meaning, each with what to do.
  static func problems(in root: ProjectFiles) throws(ProjectError) -> [DefinitionError] {
    var problems: [DefinitionError] = []
    for entry in try root.entries("sql") {
      let path = "sql/\(entry.name)"
      if !entry.isFolder {
        if isDefinition(entry.name) {
          problems.append(problem(path, "a definition does not lie in sql/ itself", hint: movingHint))
        } else if !isIgnored(entry.name) {
          problems.append(unknownFile(path))
        }
      } else if !definitionFolders.contains(entry.name) {
        let folders = definitionFolders.map { "sql/\($0)" }
        let nearest = suggestion(for: path, among: folders)
        problems.append(
          problem(path, "there is no such folder of definitions", hint: "\(nearest)\(movingHint)"))
      } else if entry.name == TestFolder.name {
        let events = try Folder.names(root, path, ending: TestFolder.eventsEnding)
        problems += try files(of: root, path, ending: ".sql", others: events)
      } else if entry.name != engineFolder {
        problems += try files(of: root, path, ending: ".sql", others: [])
      }
    }
    return problems + (try files(of: root, "schemas", ending: ".avsc", others: ["confluent-ids.json"]))
  }

  private static let movingHint =
    "the folders are sql/streams, sql/references, sql/aggregates, sql/views, sql/endpoints, sql/alerts and sql/tests"

  private static func files(
    of root: ProjectFiles, _ folder: String, ending: String, others: [String]
  ) throws(ProjectError) -> [DefinitionError] {
    var problems: [DefinitionError] = []
    for entry in try root.entries(folder) {
      let path = "\(folder)/\(entry.name)"
      if entry.isFolder {
        problems.append(
          problem(path, "a folder inside of \(folder) is not read", hint: "move its files to \(folder)"))
      } else if entry.name.hasSuffix(ending) || others.contains(entry.name) || isIgnored(entry.name) {
        continue
      } else if entry.name.lowercased().hasSuffix(ending) {
        let name = entry.name.dropLast(ending.count) + ending
        problems.append(problem(path, "the ending is \(ending), in small letters", hint: "call it \(name)"))
      } else if let nearest = nearestSpelling(of: entry.name, among: others) {
        problems.append(problem(path, "such a file is not read", hint: "did you mean \(folder)/\(nearest)?"))
      } else {
        problems.append(unknownFile(path, ending: ending))
      }
    }
    return problems
  }

  private static func unknownFile(_ path: String, ending: String = ".sql") -> DefinitionError {
    problem(
      path, "such a file is not read",
      hint: "files end in \(ending); notes in .md, and copies that editors make (*~, *.bak, *.orig, *.swp) may lie here"
    )
  }

  private static func isDefinition(_ name: String) -> Bool { name.lowercased().hasSuffix(".sql") }

  /// Notes for people, what editors and version control leave behind, and hidden files.
  private static func isIgnored(_ name: String) -> Bool {
    let lower = name.lowercased()
    return name.hasPrefix(".") || name.hasPrefix("#") || name.hasSuffix("~")
      || [".md", ".bak", ".orig", ".rej", ".swp", ".tmp"].contains { lower.hasSuffix($0) }
      || ["readme", "readme.txt", "license", "makefile", "thumbs.db", "desktop.ini"].contains(lower)
  }

  private static func problem(_ path: String, _ message: String, hint: String) -> DefinitionError {
    DefinitionError(path: path, line: 0, column: 0, offendingText: "", message: message, hint: hint)
  }
}
