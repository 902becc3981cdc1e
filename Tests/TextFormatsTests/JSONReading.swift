import Events
import Plan
import Testing

@testable import TextFormats

/// What becomes of documents, each of them read in three ways, which must be the same: as a whole, among others, and as
/// one whose shape is known.
func read(_ documents: [String], _ columns: [DeclaredColumn]) -> [Outcome] {
  read(payloads: documents.map { Array($0.utf8) }, columns)
}

func read(payloads: [[UInt8]?], _ columns: [DeclaredColumn]) -> [Outcome] {
  // The first record that a decoder sees is read as a whole.
  let alone = payloads.map { JSONReading(columns, capacity: 1).outcomes([$0])[0] }
  let together = JSONReading(columns).outcomes(payloads)
  #expect(together == alone, "read together it is something else")
  for (payload, outcome) in zip(payloads, alone) {
    let reading = JSONReading(columns, capacity: 2)
    let alike = reading.outcomes([payload]) + reading.outcomes([payload, payload])
    #expect(alike.allSatisfy { $0 == outcome }, "\(outcome), but among its like \(alike)")
  }
  return alone
}

/// A decoder with its batch.
final class JSONReading {
  let decoder: JSONRecordDecoder
  let batch: EventBatch

  init(_ columns: [DeclaredColumn], capacity: Int = 1000) {
    decoder = JSONRecordDecoder(columns: targets(of: columns))
    batch = EventBatch(specs: specs(of: columns), capacity: capacity)
  }

  func outcomes(_ payloads: [[UInt8]?]) -> [Outcome] {
    // In allocations of their own size, so that a read beyond the end is noticed where memory is watched.
    let memory = payloads.map { payload in
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: payload?.count ?? 0)
      _ = bytes.initialize(from: payload ?? [])
      return bytes
    }
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: payloads.count)
    defer {
      records.deallocate()
      for bytes in memory { bytes.deallocate() }
    }
    for (index, bytes) in memory.enumerated() {
      let payload = payloads[index] == nil ? nil : bytes.baseAddress.map { UnsafePointer($0) } ?? TextView.empty.start
      records.initializeElement(
        at: index, to: Record(payload: payload, payloadCount: bytes.count, offset: Int64(index)))
    }
    var outcomes: [Outcome] = []
    for slice in batch.slices(of: records) {
      decoder.decode(records, slice, into: batch)
      outcomes += batch.outcomes()
    }
    return outcomes
  }
}

/// A column of that type and, unless said otherwise, the name `v`.
func column(_ type: SQLType, name: String = "v", isNullable: Bool = true) -> DeclaredColumn {
  DeclaredColumn(name: name, type: type, isNullable: isNullable)
}
