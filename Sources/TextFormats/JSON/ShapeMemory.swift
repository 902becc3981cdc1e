import Events

/// The shapes that the records of a stream have, as far as they are known.
struct ShapeMemory: ~Copyable {
  /// More kinds of documents are better read as a whole.
  private static let maximumShapes = 4
  private static let maximumPatience = 1 << 20

  /// Those that match most records first.
  private var shapes: [Shape] = []
  /// So many records without a shape are read before the next one is learned: more whenever one has proved useless, so
  /// that documents of ever new shapes cost hardly more than they must.
  private var patience = 1
  private var unknown = 0
  /// Objects without columns may have other members each time; then they are not taken apart.
  private var opensUnknown = true

  /// Reads what the loops have taken up.
  mutating func decode(
    _ records: UnsafeMutableBufferPointer<Record>, _ loops: inout ShapeLoops, _ reader: inout JSONReader,
    upcoming: UnsafeBufferPointer<Record>
  ) {
    var upcoming = upcoming
    // By index: an array's iterator allocates in debug builds, where allocations are counted.
    for index in 0..<shapes.count where loops.leftCount > 0 {
      loops.run(shapes[index], records, &reader, upcoming: upcoming)
      upcoming = UnsafeBufferPointer(start: nil, count: 0)
    }
    while let row = loops.takeLeft() {
      reader.row = row
      guard let shape = read(records[row], &reader) else { continue }
      shapes.append(shape)
      // Those beside it are most likely of that shape, too.
      loops.run(shape, records, &reader, upcoming: UnsafeBufferPointer(start: nil, count: 0))
    }
    review()
  }

  /// Reads a record as a whole.
  ///
  /// - Returns: its shape, when that is worth to be known.
  private mutating func read(_ record: Record, _ reader: inout JSONReader) -> Shape? {
    unknown += 1
    guard unknown >= patience, shapes.count < ShapeMemory.maximumShapes else {
      _ = reader.readRecord(record)
      return nil
    }
    reader.leaves = LeafRecorder(opensUnknown: opensUnknown)
    defer { reader.leaves = nil }
    guard reader.readRecord(record) else { return nil }
    unknown = 0
    let shape = (reader.leaves?.document).flatMap { Shape($0, of: record.payloadBytes, reader.tree) }
    if shape == nil { learnLess() }
    return shape
  }

  /// Shapes that others have taken the place of are forgotten, those that cost more than they save, too.
  private mutating func review() {
    var (forgotten, useless): (Int?, Int?)
    for index in 0..<shapes.count {
      let shape = shapes[index]
      shape.noteBlock()
      if index > 0, shape.matched > shapes[index - 1].matched {
        shapes[index] = shapes[index - 1]
        shapes[index - 1] = shape
      }
    }
    for index in 0..<shapes.count {
      if shapes[index].isForgotten { forgotten = index }
      if !shapes[index].isWorthIt { useless = index }
    }
    if let useless {
      learnLess()
      shapes.remove(at: useless)
    } else if let forgotten {
      shapes.remove(at: forgotten)
    }
  }

  private mutating func learnLess() {
    patience = min(2 * patience, ShapeMemory.maximumPatience)
    opensUnknown.toggle()
  }
}
