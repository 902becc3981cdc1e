import Events
import Plan

/// The key columns of all aggregates as dense ids: each distinct key expression is interned once per batch, whatever
/// number of aggregates group by it.
struct KeyInterner {
  private final class KeyState {
    let key: KeyColumn
    let register: Program.Register
    let ids: UnsafeMutablePointer<Int32>
    /// Rows of the batch that need a second look.
    let misses: UnsafeMutablePointer<Int32>
    var dictionary: ValueDictionary

    init(_ key: KeyColumn, register: Program.Register, capacity: Int, seed: UInt64) {
      self.key = key
      self.register = register
      ids = .allocate(capacity: capacity)
      ids.initialize(repeating: 0, count: capacity)
      misses = .allocate(capacity: capacity)
      misses.initialize(repeating: 0, count: capacity)
      dictionary = ValueDictionary(seed: seed)
    }

    deinit {
      ids.deallocate()
      misses.deallocate()
    }
  }

  private let capacity: Int
  private let seed: UInt64
  private var states: [KeyState] = []

  init(capacity: Int, seed: UInt64) {
    self.capacity = capacity
    self.seed = seed
  }

  var memory: Int { states.reduce(0) { $0 + $1.dictionary.byteCount } }

  /// Registers a key column and returns its index; the same expression gets the same index.
  mutating func add(_ key: KeyColumn, register: Program.Register) -> Int {
    if let known = states.firstIndex(where: { $0.register == register }) { return known }
    states.append(KeyState(key, register: register, capacity: capacity, seed: seed))
    return states.count - 1
  }

  /// The ids of the batch last interned, one per row.
  func ids(_ index: Int) -> UnsafePointer<Int32> {
    UnsafePointer(states[index].ids)
  }

  /// All ids of the key are below.
  func count(_ index: Int) -> Int {
    states[index].dictionary.count
  }

  /// Interns every key column of the batch. Rows whose key Postgres could not store fail.
  func intern(_ batch: EventBatch, _ program: Program) {
    for state in states {
      let column = program.registers[state.register]
      if column.type.physical == .text {
        internTexts(state, column, batch)
      } else {
        internValues(state, column, batch)
      }
    }
  }

  private func internTexts(_ state: KeyState, _ column: Column, _ batch: EventBatch) {
    var refused: [Int] = []
    Dataflow.internTexts(column, batch, &state.dictionary, state.ids, state.misses, &refused)
    for row in refused {
      let text = column.texts[row]
      if text.count > WindowOperator.maxKeyBytes {
        batch.fail(
          row, .keyTooLong,
          "\(state.key.name) has \(text.count) bytes; the limit for a key or a counted value is "
            + "\(WindowOperator.maxKeyBytes)")
      } else {
        batch.fail(row, .invalidUTF8, "\(state.key.name) is not UTF-8 text without zero bytes")
      }
    }
  }

  /// Numbers, booleans and times are interned by their bytes.
  private func internValues(_ state: KeyState, _ column: Column, _ batch: EventBatch) {
    Dataflow.internValues(
      column, batch.live, width: column.type.physical.width, &state.dictionary, state.ids, batch.count)
  }

  /// Fails the rows whose keys are together too long for an index entry.
  func checkLength(of grouping: Grouping, _ batch: EventBatch) {
    let texts = grouping.keys.map { states[$0] }.filter { $0.key.type.physical == .text }
    // Together they can only be too long when the longest values of each would be.
    guard texts.reduce(0, { $0 + $1.dictionary.longest }) > WindowOperator.maxKeyBytes else { return }
    for row in 0..<batch.count {
      var bytes = 0
      for state in texts { bytes += state.dictionary[state.ids[row]].count }
      if bytes > WindowOperator.maxKeyBytes {
        batch.fail(
          row, .keyTooLong,
          "the keys of \(grouping.plan.name) have \(bytes) bytes together; the limit is \(WindowOperator.maxKeyBytes)")
      }
    }
  }

  /// The values with these ids.
  func column(_ index: Int, ids: [Int32], type: SQLType) -> DeltaColumn {
    Dataflow.column(ids, of: states[index].dictionary, type)
  }

  /// The bytes of the value with that id, until `removeAll`.
  func value(_ index: Int, id: Int32) -> TextView { states[index].dictionary[id] }

  func removeAll() {
    for state in states { state.dictionary.removeAll() }
  }
}

// The loops take the dictionary as `inout`: an access to a class's property is checked for exclusivity each time, which
// cost a fifth of the whole operator when it was done per event.

private func internTexts(
  _ column: Column, _ batch: EventBatch, _ dictionary: inout ValueDictionary, _ ids: UnsafeMutablePointer<Int32>,
  _ misses: UnsafeMutablePointer<Int32>, _ refused: inout [Int]
) {
  let texts = column.texts
  let validity = column.validity
  let live = batch.live
  // Every text may be looked up, NULL or not: it is empty then.
  let missed = dictionary.find(texts, ids, misses, batch.count)
  if column.isNullable || !batch.failures.isEmpty {
    for row in 0..<batch.count where validity[row] & live[row] == 0 { ids[row] = ValueDictionary.null }
  }
  for index in 0..<missed {
    let row = Int(misses[index])
    guard validity[row] & live[row] == 1 else { continue }
    let id = dictionary.intern(texts[row]) { $0.count <= WindowOperator.maxKeyBytes && isStorableText($0) }
    if id == nil { refused.append(row) }
    ids[row] = id ?? ValueDictionary.null
  }
}

private func column(_ ids: [Int32], of dictionary: borrowing ValueDictionary, _ type: SQLType) -> DeltaColumn {
  var presence: DeltaCells?
  if ids.contains(ValueDictionary.null) {
    let rows = DeltaRows(count: ids.count, stride: 1) { rows, target in
      for row in rows {
        target.storeBytes(
          of: ids[row] == ValueDictionary.null ? 0 : 1, toByteOffset: row - rows.lowerBound, as: UInt8.self)
      }
    }
    presence = DeltaCells(rows: rows, offset: 0)
  }
  let rows = dictionary.rows(ids, of: type.physical)
  return DeltaColumn(type: type, DeltaCells(rows: rows, offset: 0), presence: presence, memory: dictionary.memory)
}

private func internValues(
  _ column: Column, _ live: UnsafeMutablePointer<UInt8>, width: Int,
  _ dictionary: inout ValueDictionary, _ ids: UnsafeMutablePointer<Int32>, _ count: Int
) {
  let bytes = UnsafeRawPointer(column.booleans).assumingMemoryBound(to: UInt8.self)
  let validity = column.validity
  for row in 0..<count {
    guard validity[row] & live[row] == 1 else {
      ids[row] = ValueDictionary.null
      continue
    }
    let value = TextView(start: bytes + row * width, count: width)
    ids[row] = dictionary.intern(value) { _ in true } ?? ValueDictionary.null
  }
}
