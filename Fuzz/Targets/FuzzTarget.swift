/// A reader of foreign bytes with the promises that it must keep for every input.
///
/// The same body runs under coverage-guided fuzzing (`make fuzz`) and over the corpus in the unit tests.
public struct FuzzTarget: Sendable {
  /// Runs one input; what it throws is a finding, as are traps, hangs and memory beyond the limits.
  public typealias Body = (_ input: UnsafeBufferPointer<UInt8>) throws -> Void

  /// In kebab-case; also the name of its folder in the corpus.
  public let name: String
  /// Folders of the repository whose files are inputs, too, beside those of the corpus.
  public let seedFolders: [String]
  /// Longest input that the fuzzer makes up, in bytes.
  public let maximumInputBytes: Int
  /// Sets up what all inputs share, for one thread.
  public let prepare: @Sendable () throws -> Body

  init(
    _ name: String, seedFolders: [String] = [], maximumInputBytes: Int = 4096,
    prepare: @escaping @Sendable () throws -> Body
  ) {
    self.name = name
    self.seedFolders = seedFolders
    self.maximumInputBytes = maximumInputBytes
    self.prepare = prepare
  }

  public static let all: [FuzzTarget] = [
    .json, .avroSchema, .avroDecode, .avroFraming, .avroRoundTrip, .windowOperator, .accessLog, .replay,
    .httpRequest, .sqlDefinitions, .postgresArray, .environmentFile, .csvDecode, .valueText, .jsonDecode,
  ]
}

/// A promise that an input broke.
public struct Finding: Error, CustomStringConvertible {
  public let description: String
}

func require(_ condition: Bool, _ promise: @autoclosure () -> String) throws(Finding) {
  if !condition { throw Finding(description: promise()) }
}
