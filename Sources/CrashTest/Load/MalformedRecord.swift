import Events

/// Records that are no events, sent between good ones: each has to become one dead letter.
enum MalformedRecord: CaseIterable {
  case truncated
  case trailing
  case tombstone

  /// Marks them for the truth, which must not depend on a decoder's opinion.
  static let header = "crashtest-malformed"

  /// Made from the bytes of a good event; nil for a tombstone.
  func bytes(from event: UnsafeRawBufferPointer) -> [UInt8]? {
    switch self {
    case .truncated: Array(event.prefix(event.count / 2))
    case .trailing: Array(event) + [0]
    case .tombstone: nil
    }
  }
}
