import Events

/// The records of one topic: how they are made up, and how Postgres reads what the log holds of them.
///
/// Nothing of the engine's decoders takes part: the truth must not be of their opinion.
protocol TopicLoad: Sendable {
  /// Of the table of the truth.
  var name: String { get }
  var topic: String { get }
  /// That read the topic.
  var streams: [String] { get }
  /// How many parts of all loads' records are this one's.
  var share: Int { get }
  /// Of so many records one is malformed.
  var malformedInterval: Int { get }

  /// That its aggregates are joined with.
  var tables: [JoinedTable] { get }

  /// For the thread that sends.
  func makeSynthesizer(seed: UInt64) throws -> any RecordSynthesizer
  /// For the thread that records.
  func makeTranscription() throws -> Transcription

  /// The columns of the truth's table in the order of its rows, behind `partition` and `record_offset`.
  var columns: String { get }
  /// With which `COPY` reads the rows; empty for the text format.
  var copyOptions: String { get }
  /// The `FROM` clause that a definition has over the truth's table, in place of its stream.
  func source(from table: String, as stream: String) -> String
}

extension TopicLoad {
  var tables: [JoinedTable] { [] }
}

/// Makes records up, each a function of the seed, its number and the clock.
protocol RecordSynthesizer {
  /// - Parameter milliseconds: the time, since 1970.
  func record(_ number: Int, milliseconds: Int64) throws -> LoadRecord
  /// That record, spoilt: no event of the stream, but a dead letter. There are several ways, which take turns.
  func malformed(_ number: Int, turn: Int, milliseconds: Int64) throws -> LoadRecord
}

struct LoadRecord {
  /// Marks a malformed record for the truth, with what is wrong as its value.
  static let header = "crashtest-malformed"

  var key: [UInt8]
  /// nil: a tombstone.
  var value: [UInt8]?
  /// What is wrong with a malformed one.
  var fault: String?
}

/// The line of a good record in the file that `COPY` reads, its end included; nil when it cannot be read.
typealias Transcription = (
  _ partition: Int32, _ offset: Offset, _ payload: UnsafeBufferPointer<UInt8>
) throws -> [UInt8]?
