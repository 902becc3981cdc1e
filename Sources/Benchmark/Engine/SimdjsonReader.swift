import CSimdjson

/// simdjson's on-demand front end over `FlatEvent`s: the members that the shipped aggregates use, into plain columns.
final class SimdjsonReader {
  /// Documents at a time, like the rows of an event batch.
  private static let capacity = 2_048

  private let parser: OpaquePointer
  private var columns: streampulse_simdjson_columns

  init() throws {
    guard let parser = streampulse_simdjson_open() else { throw BenchmarkError.setup("simdjson: no memory") }
    guard streampulse_simdjson_padding() <= EventCorpus.padding else {
      throw BenchmarkError.setup("simdjson looks further than \(EventCorpus.padding) bytes behind a document")
    }
    self.parser = parser
    func column<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
      let values = UnsafeMutablePointer<Value>.allocate(capacity: SimdjsonReader.capacity)
      values.initialize(repeating: value, count: SimdjsonReader.capacity)
      return values
    }
    let empty = streampulse_simdjson_text(start: nil, count: 0)
    columns = streampulse_simdjson_columns(
      timestamp: column(0), content: column(empty), title: column(empty), size_gb: column(0), place: column(empty),
      device: column(empty), os: column(empty), status: column(empty), seconds: column(0), speed_mbps: column(0))
  }

  deinit {
    streampulse_simdjson_close(parser)
    for texts in [columns.content, columns.title, columns.place, columns.device, columns.os, columns.status] {
      texts?.deallocate()
    }
    for numbers in [columns.timestamp, columns.seconds] { numbers?.deallocate() }
    for numbers in [columns.size_gb, columns.speed_mbps] { numbers?.deallocate() }
  }

  func readAll(_ corpus: EventCorpus) throws {
    try corpus.withEvents { events, ends in
      for first in stride(from: 0, to: corpus.count, by: SimdjsonReader.capacity) {
        let count = min(SimdjsonReader.capacity, corpus.count - first)
        let read = streampulse_simdjson_read(parser, events, ends.baseAddress, first, count, &columns)
        guard read == count else { throw BenchmarkError.wrongAnswer("simdjson did not read event \(first + read)") }
      }
    }
  }
}
