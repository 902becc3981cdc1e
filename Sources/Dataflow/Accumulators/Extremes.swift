import CPrefetch
import Events

/// The events of a batch whose text is not the one that their group has.
final class NewTexts {
  /// Texts of one block are on their way at the same time.
  private static let blockSize = 64

  private let list: UnsafeMutablePointer<Int32>
  private var count = 0

  init(capacity: Int) {
    list = .allocate(capacity: capacity)
    list.initialize(repeating: 0, count: capacity)
  }

  deinit {
    list.deallocate()
  }

  var events: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: list, count: count) }

  func find(
    _ texts: UnsafePointer<TextView>, _ known: StateColumn, _ presences: StateColumn, _ groups: UnsafePointer<Int32>,
    _ mask: UnsafePointer<UInt8>?, _ events: Int, areFarApart: Bool
  ) {
    let list = list
    var found = 0
    for first in stride(from: 0, to: events, by: NewTexts.blockSize) {
      let block = first..<min(first + NewTexts.blockSize, events)
      if areFarApart {
        for event in block {
          // The first field of the text; nil where there is none.
          streampulse_prefetch(known.cell(groups[event], of: UnsafePointer<UInt8>?.self).pointee)
        }
      }
      // Outside of the mask a text may be anything.
      for event in block where mask?[event] ?? 1 == 1 {
        let group = groups[event]
        let isKnown =
          presences.cell(group, of: UInt8.self).pointee == 1
          && textsEqual(texts[event], known.cell(group, of: TextView.self).pointee)
        // Listed without a branch: where keys are many, nobody could foretell it.
        list[found] = Int32(truncatingIfNeeded: event)
        found &+= isKnown || group == 0 ? 0 : 1
      }
    }
    count = found
  }
}

@inline(__always)
func extreme<Value>(
  _ values: UnsafeMutablePointer<Value>, _ extremes: StateColumn, _ presences: StateColumn,
  _ groups: UnsafePointer<Int32>, _ mask: UnsafePointer<UInt8>?, _ count: Int, _ isBetter: (Value, Value) -> Bool
) {
  for event in 0..<count where mask?[event] ?? 1 == 1 {
    let best = extremes.cell(groups[event], of: Value.self)
    let present = presences.cell(groups[event], of: UInt8.self)
    if present.pointee == 0 || isBetter(values[event], best.pointee) {
      best.pointee = values[event]
      present.pointee = 1
    }
  }
}

/// Texts, of which only `events` can change anything. Takes the arena as `inout`, as the loops over dictionaries do.
func extreme(
  _ events: UnsafeBufferPointer<Int32>, _ values: UnsafePointer<TextView>, _ extremes: StateColumn,
  _ presences: StateColumn, _ groups: UnsafePointer<Int32>, _ texts: inout TextArena, _ isBetter: (Int) -> Bool
) {
  for event in events {
    let group = groups[Int(event)]
    let value = values[Int(event)]
    let best = extremes.cell(group, of: TextView.self)
    let present = presences.cell(group, of: UInt8.self)
    if present.pointee == 0 || isBetter(orderOfTexts(value, best.pointee)) {
      best.pointee = texts.append(value.bytes)
      present.pointee = 1
    }
  }
}
