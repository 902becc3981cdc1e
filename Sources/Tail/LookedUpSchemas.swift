import Events
import Formats
import Registry

/// The schemas of records that are not in `schemas/`: whoever knows them is asked for when the first record names one, so
/// that nobody else needs a database and a registry.
///
/// For one thread.
final class LookedUpSchemas {
  private let open: () -> SchemaSource?
  private var source: SchemaSource?
  private var isOpen = false

  /// - Parameter open: nil: there is nobody to ask.
  init(_ open: @escaping () -> SchemaSource?) {
    self.open = open
  }

  /// Gives the decoder all schemas that these records name, as far as anybody can say.
  func supply(_ decoder: RecordDecoder, for records: UnsafeMutableBufferPointer<Record>) throws {
    let runs = CollectionOfOne(records.indices)
    guard decoder.canLearn, !decoder.unknownSchemas(in: records, runs: runs).isEmpty else { return }
    if !isOpen {
      isOpen = true
      source = open()
    }
    try source?.supply(decoder, for: records)
  }
}
