import DownloadEncoding
import Downloads
import Events

/// Encoded download events in memory: the same for every run, from a fixed seed.
///
/// About 200 bytes each, 1,000 titles by a Zipf law, 20 regions, 12 device and OS pairs, ten minutes of event time.
public final class EventCorpus {
  public static let seed: UInt64 = 20_260_101
  /// 2026-01-01T00:00:00Z.
  static let beginningMilliseconds: Int64 = 1_767_225_600_000
  static let spanMilliseconds: Int64 = 600_000

  public let count: Int
  public let byteCount: Int
  private let bytes: UnsafeMutablePointer<UInt8>
  private let ends: [Int]

  public init(count: Int, schemaJSON: String) throws {
    let settings = SynthesisSettings(
      seed: EventCorpus.seed, titles: 1000, beginningMilliseconds: EventCorpus.beginningMilliseconds)
    let synthesizer = try DownloadSynthesizer(settings: settings)
    let encoder = try DownloadEncoder(schemaJSON: schemaJSON)
    var all: [UInt8] = []
    all.reserveCapacity(count * 200)
    var ends: [Int] = []
    ends.reserveCapacity(count)
    for index in 0..<count {
      let time = EventCorpus.beginningMilliseconds + EventCorpus.spanMilliseconds * Int64(index) / Int64(count)
      let event = synthesizer.event(UInt64(index), timestampMilliseconds: time)
      all.append(contentsOf: try encoder.encode(event))
      ends.append(all.count)
    }
    self.count = count
    self.ends = ends
    byteCount = all.count
    bytes = .allocate(capacity: all.count)
    bytes.update(from: all, count: all.count)
  }

  deinit {
    bytes.deallocate()
  }

  /// The encoded event.
  func payload(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = index == 0 ? 0 : ends[index - 1]
    return UnsafeBufferPointer(start: bytes + start, count: ends[index] - start)
  }

  /// Fills `records` with the events from `first` on, as a source builds its batch; returns how many there are.
  func fill(_ records: UnsafeMutableBufferPointer<Record>, from first: Int) -> Int {
    let end = min(first + records.count, count)
    for index in first..<end {
      let payload = payload(index)
      records[index - first] = Record(
        payload: payload.baseAddress, payloadCount: payload.count, offset: Int64(index), sourceIndex: Int32(index))
    }
    return end - first
  }
}
