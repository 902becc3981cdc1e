import Downloads
import EventEncoding
import Events

/// Encoded download events one after the other: the same for every run, from a fixed seed.
///
/// About 200 bytes each, 1,000 titles by a Zipf law, 20 regions, 12 device and OS pairs, ten minutes of event time.
struct EventSequence {
  static let seed: UInt64 = 20_260_101
  /// Event time of the first event: 2026-01-01T00:00:00Z.
  static let usualBeginning: Int64 = 1_767_225_600_000
  static let spanMilliseconds: Int64 = 600_000

  let count: Int
  private let beginningMilliseconds: Int64
  private let synthesizer: DownloadSynthesizer
  private let encoder: DownloadEncoder

  init(
    count: Int, schemaJSON: String, beginningMilliseconds: Int64 = EventSequence.usualBeginning
  ) throws {
    self.count = count
    self.beginningMilliseconds = beginningMilliseconds
    synthesizer = try DownloadSynthesizer(
      settings: SynthesisSettings(
        seed: EventSequence.seed, titles: 1000, regions: 20, beginningMilliseconds: beginningMilliseconds))
    encoder = try DownloadEncoder(schemaJSON: schemaJSON)
  }

  /// Calls `body` with each event and its bytes, which are valid during the call. Event time goes evenly from the
  /// beginning to the end.
  ///
  /// - Parameter change: made to each event before it is encoded.
  func visit(
    change: (Int, inout DownloadEvent) -> Void = { _, _ in },
    _ body: (Int, DownloadEvent, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    for index in 0..<count {
      let time = beginningMilliseconds + EventSequence.spanMilliseconds * Int64(index) / Int64(count)
      try withEvent(index, timestampMilliseconds: time, change: { change(index, &$0) }, { try body(index, $0, $1) })
    }
  }

  /// The same for one event at a time of its own.
  func withEvent(
    _ index: Int, timestampMilliseconds: Int64, change: (inout DownloadEvent) -> Void = { _ in },
    _ body: (DownloadEvent, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var event = synthesizer.event(UInt64(index), timestampMilliseconds: timestampMilliseconds)
    change(&event)
    try body(event, try encoder.encode(event))
  }
}
