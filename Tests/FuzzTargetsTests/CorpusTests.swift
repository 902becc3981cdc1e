import FuzzTargets
import Testing

/// Every input of the corpus, and so everything that fuzzing once found, keeps the promises of its target.
@Suite struct CorpusTests {
  @Test("every input of the corpus passes its target", .timeLimit(.minutes(1)), arguments: FuzzTarget.all.map(\.name))
  func corpus(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let own = RepositoryFile.files(in: "Fuzz/Corpus/\(name)")
    #expect(!own.isEmpty, "the corpus has no inputs for \(name)")
    for folder in target.seedFolders {
      #expect(!RepositoryFile.files(in: folder).isEmpty, "\(folder) holds no inputs for \(name)")
    }
    let body = try target.prepare()
    for path in own + target.seedFolders.flatMap(RepositoryFile.files) {
      let input = try #require(RepositoryFile.bytes(path), "\(path) cannot be read")
      #expect(throws: Never.self, "\(path)") { try input.withUnsafeBufferPointer(body) }
    }
  }

  @Test("every folder of the corpus belongs to a target")
  func folders() {
    let known = FuzzTarget.all.map(\.name).sorted()
    #expect(RepositoryFile.folders(in: "Fuzz/Corpus") == known)
  }
}
