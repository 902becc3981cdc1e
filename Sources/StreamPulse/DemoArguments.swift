import Configuration
import Glibc
import TextFiles

/// What `event-generator` is started with for a project's demo load.
struct DemoArguments {
  /// A file of the project: the arguments, with blanks and line ends between them; lines that begin with # are notes.
  static let file = "demo"
  private static let maximumBytes = 16_384

  var words: [String]

  /// Those of the file; without it the downloads that `schemas/event.avsc` describes. nil: the project has neither.
  ///
  /// - Throws: when there is such a file that cannot be read, or has no arguments.
  init?(projectFolder: String) throws {
    let path = projectFolder + "/" + Self.file
    guard let text = try Self.read(path) else {
      guard access(projectFolder + "/schemas/event.avsc", R_OK) == 0 else { return nil }
      words = ["--demo"]
      return
    }
    words = text.split(whereSeparator: \.isNewline).filter { $0.first != "#" }
      .flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    guard !words.isEmpty else {
      throw ConfigurationError(
        location: path, message: "the file says nothing", hint: "write the arguments of event-generator, e.g. trips")
    }
  }

  private static func read(_ path: String) throws(ConfigurationError) -> String? {
    do {
      return try TextFile.read(path, maximumBytes: maximumBytes)
    } catch {
      throw ConfigurationError(location: path + error.place, message: error.description)
    }
  }

  /// With the topic to send to, unless they say it.
  func sending(to topic: String?) -> [String] {
    guard let topic, !words.contains(where: { $0 == "--topic" || $0.hasPrefix("--topic=") }) else { return words }
    return words + ["--topic", topic]
  }
}
