import Plan
import SQLFrontend

extension Project {
  /// The definition of one stream of the folder, for those who need to know its topic and its declared columns, but
  /// neither schemas nor what reads it. Other files are not judged.
  public static func definition(ofStream name: String, in folder: String) throws(ProjectError) -> StreamDefinition {
    let parsed = try parsedStreams(in: folder)
    if let stream = parsed.streams.first(where: { $0.definition.name == name }) { return stream.definition }
    guard parsed.errors.isEmpty else { throw .definitions(parsed.errors) }
    let names = parsed.streams.map(\.definition.name).sorted()
    throw .incomplete(
      "\(folder)/sql/streams defines no stream \(name); "
        + (names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"))
  }

  /// The definitions of all streams of the folder, without those that something is wrong with.
  public static func definitions(in folder: String) throws(ProjectError) -> [StreamDefinition] {
    try parsedStreams(in: folder).streams.map(\.definition)
  }

  private static func parsedStreams(in folder: String) throws(ProjectError) -> ParsedStreams {
    parseStreams(try Folder.files(ProjectFiles(folder: folder), "sql/streams", ending: ".sql"))
  }
}
