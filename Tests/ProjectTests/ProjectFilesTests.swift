import Plan
import Project
import Testing

@Suite struct ProjectFilesTests {
  private let scratch: ScratchProject

  init() throws {
    scratch = try ScratchProject()
  }

  @Test("the texts that were kept of a folder are the same project as the folder")
  func kept() throws {
    let folder = ProjectFiles(folder: scratch.folder)
    let read = try Project(folder)
    let kept = try Project(ProjectFiles(folder.deployed, name: "kept"))
    #expect(kept.aggregates == read.aggregates)
    #expect(kept.endpoints == read.endpoints)
    #expect(kept.alerts == read.alerts)
    #expect(kept.files.deployed == folder.deployed)
    #expect(kept.notices == [])
  }

  @Test("definitions and schemas are kept in the order of their paths; tests and the engine's own tables are not")
  func deployed() throws {
    try scratch.write("sql/other/note.sql", "SELECT 1;\n")
    let paths = ProjectFiles(folder: scratch.folder).deployed.map(\.path)
    #expect(paths == paths.sorted())
    #expect(paths.contains("sql/streams/content_downloads.sql") && paths.contains("schemas/event.avsc"))
    // Whatever folders there will be.
    #expect(paths.contains("sql/other/note.sql"))
    #expect(!paths.contains { $0.hasPrefix("sql/tests/") || $0.hasPrefix("sql/schema/") })
  }

  @Test("what changes in the folder afterwards does not change what was read")
  func snapshot() throws {
    let files = ProjectFiles(folder: scratch.folder)
    try scratch.write("sql/aggregates/region_health.sql", "nonsense")
    #expect(try Project(files).aggregates.contains { $0.name == "region_health" })
  }

  @Test("a file that is added is judged like one of the folder, and errors name it")
  func added() throws {
    var files = ProjectFiles(folder: scratch.folder)
    files.add(ProjectFile(path: "sql/views/nothing.sql", text: "CREATE VIEW nothing AS SELECT 1 AS a FROM;\n"))
    #expect {
      _ = try Project(files)
    } throws: { "\($0)".hasPrefix("sql/views/nothing.sql:1:") }
  }
}
