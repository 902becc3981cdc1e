import Testing

@Suite struct FolderCheckTests {
  @Test(
    "what would not be read is named, with what was probably meant",
    arguments: [
      ("sql/agregates/x.sql", "sql/agregates: there is no such folder", "did you mean sql/aggregates?"),
      ("sql/stream/x.sql", "sql/stream: there is no such folder", "did you mean sql/streams?"),
      ("sql/Endpoints/x.sql", "sql/Endpoints: there is no such folder", "did you mean sql/endpoints?"),
      ("sql/queries/x.sql", "sql/queries: there is no such folder", "the folders are sql/streams"),
      ("sql/aggregates/sub/x.sql", "sql/aggregates/sub: a folder inside", "move its files to sql/aggregates"),
      ("sql/aggregates/OLD.SQL", "sql/aggregates/OLD.SQL: the ending is .sql", "call it OLD.sql"),
      ("sql/alerts/x.sql.txt", "sql/alerts/x.sql.txt: such a file is not read", "end in .sql"),
      ("sql/alerts/x.sgl", "sql/alerts/x.sgl: such a file is not read", "end in .sql"),
      ("sql/x.sql", "sql/x.sql: a definition does not lie in sql/ itself", "sql/aggregates"),
      ("schemas/x.AVSC", "schemas/x.AVSC: the ending is .avsc", "call it x.avsc"),
      ("schemas/confluent-id.json", "schemas/confluent-id.json: such", "did you mean schemas/confluent-ids.json?"),
      ("schemas/event.avdl", "schemas/event.avdl: such a file is not read", "end in .avsc"),
      ("schemas/old/event.avsc", "schemas/old: a folder inside of schemas", "move its files to schemas"),
    ])
  func refused(path: String, message: String, hint: String) throws {
    let project = try ScratchProject()
    try project.write(path, "x")
    let error = try #require(project.loadingError())
    #expect(error.contains(message), "\(error)")
    #expect(error.contains(hint), "\(error)")
  }

  @Test("notes, hidden files and what editors leave behind may lie beside the definitions")
  func ignored() throws {
    let project = try ScratchProject()
    for path in [
      "sql/README.md", "sql/aggregates/NOTES.md", "sql/aggregates/x.sql~", "sql/aggregates/x.sql.bak",
      "sql/aggregates/.x.sql.swp", "sql/alerts/#x.sql#", "sql/endpoints/.gitkeep", "schemas/README.md",
      "schemas/event.avsc.orig", "schemas/.DS_Store",
    ] {
      try project.write(path, "x")
    }
    #expect(project.loadingError() == nil)
  }

  @Test("a misspelt folder of the stream is named, not only missed")
  func streamFolder() throws {
    let project = try ScratchProject()
    project.remove("sql/streams/content_downloads.sql")
    try project.write("sql/steams/content_downloads.sql", "x")
    #expect(try #require(project.loadingError()).contains("did you mean sql/streams?"))
  }

  @Test("what is wrong in the folders is said together with what is wrong in the files")
  func together() throws {
    let project = try ScratchProject()
    try project.write("sql/agregates/x.sql", "x")
    try project.write("sql/aggregates/region_health.sql", "SELEC 1")
    let error = try #require(project.loadingError())
    #expect(error.contains("sql/agregates: there is") && error.contains("sql/aggregates/region_health.sql:1:1"))
  }
}
