import Events
import JSON
import Plan

/// How often each value came, of the most frequent ones, by the method of Misra and Gries (1982) with merging by Agarwal et
/// al. (2012). The SQL functions `frequencies_…` (sql/schema) know the same states.
///
/// Values are interned as keys are; a group counts their ids. A group keeps twice as many as are stored before it takes off
/// what all have in common, so that it is done once for many events.
enum FrequencySketch {
  /// Bits of a slot that hold the count: more events than that come in no flush, and more ids than the rest can name do not
  /// fit into memory.
  static let countBits: UInt64 = 36
  private static let most = UInt64(AccumulatorPlan.frequentValues)

  static func add(
    _ ids: UnsafePointer<Int32>, to tables: inout SketchTables, _ cells: StateColumn, _ groups: UnsafePointer<Int32>,
    _ count: Int
  ) {
    for event in 0..<count where groups[event] != 0 && ids[event] != ValueDictionary.null {
      let cell = cells.cell(groups[event], of: SketchTables.Table?.self)
      tables.count(UInt64(ids[event]), in: cell)
      if let table = cell.pointee, SketchTables.used(table) > 2 * most { tables.keepMost(Int(most), of: table) }
    }
  }

  /// Counts of a group's values as they are stored, ids over counts.
  static func entries(of table: SketchTables.Table, in tables: borrowing SketchTables, into list: inout [UInt64]) {
    tables.keepMost(Int(most), of: table)
    SketchTables.unorderedEntries(of: table, into: &list)
  }

  /// The stored form, a jsonb: an object of values and counts. Numbers are without zeros that say nothing, times are whole
  /// numbers of their units.
  static func append(
    _ entries: [UInt64], of key: Int, _ type: SQLType, _ interner: KeyInterner, to bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: "{"))
    for (index, entry) in entries.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      append(interner.value(key, id: Int32(truncatingIfNeeded: entry >> countBits)), type, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      appendDigits(entry & (1 << countBits - 1), to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func append(_ value: TextView, _ type: SQLType, to bytes: inout [UInt8]) {
    let raw = UnsafeRawPointer(value.start)
    let name: String
    switch type.physical {
    case .text: return appendJSONString(utf8: value.bytes, to: &bytes)
    case .boolean: name = value.start.pointee == 1 ? "true" : "false"
    case .integer: name = String(raw.loadUnaligned(as: Int64.self))
    case .decimal:
      var (unscaled, scale) = (raw.loadUnaligned(as: Int128.self), type.scale)
      while scale > 0, unscaled % 10 == 0 {
        unscaled /= 10
        scale -= 1
      }
      name = DecimalText(unscaled: unscaled, scale: scale).text
    case .double: name = "\(raw.loadUnaligned(as: Double.self))"
    }
    bytes.append(UInt8(ascii: "\""))
    bytes += name.utf8
    bytes.append(UInt8(ascii: "\""))
  }
}
