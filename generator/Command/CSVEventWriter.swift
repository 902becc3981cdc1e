import Configuration
import Events
import Replay
import Synthesis

/// Makes what is sent of the records of a CSV file. To be used on one thread.
final class CSVEventWriter {
  private let layout: CSVLayout
  private let needsTime: Bool
  private let shiftSeconds: Int64
  private let output: Output
  private var conversion: RowConversion
  private let row: EventRow
  private let keys = KeyText()
  private var payload: [UInt8] = []

  private enum Output {
    /// The record's own bytes.
    case same
    case csv(CSVForm, order: [Int?])
    case json(JSONForm)
  }

  init(_ options: CSVReplayOptions, layout: CSVLayout, shiftSeconds: Int64) throws {
    self.layout = layout
    self.shiftSeconds = shiftSeconds
    needsTime = options.needsTime
    conversion = RowConversion(columns: layout.columns, null: options.dialect.null)
    row = EventRow(count: layout.columns.count)
    let target = options.stream?.format == .csv ? options.stream?.csv ?? options.dialect : options.dialect
    if options.isJSON {
      do {
        output = .json(try layout.jsonForm())
      } catch {
        throw GeneratorError(error.description)
      }
    } else if layout.order == nil && target == options.dialect && shiftSeconds == 0 {
      output = .same
    } else {
      let form = CSVForm(delimiter: target.delimiter, null: target.null, timeText: .iso8601)
      output = .csv(form, order: layout.order ?? Array(layout.columns.indices))
    }
  }

  /// Calls `body` with what the record becomes, valid during the call, and returns what that returns.
  func visit(
    _ record: UnsafeBufferPointer<UInt8>, _ fields: [CSVField], _ body: (CSVEvent) throws -> Bool
  ) throws -> Bool {
    guard fields.count == layout.columns.count else {
      let columns = layout.columns.count
      let counts =
        "\(counted(fields.count, "field")), and there \(columns == 1 ? "is" : "are") \(counted(columns, "column"))"
      let reason = record.isEmpty ? "the line is empty" : counts
      return try body(.malformed(reason: reason, payload: UnsafeRawBufferPointer(record), key: nil))
    }
    var fault = conversion.convert(fields, into: row)
    var time: Int64?
    if needsTime, let place = layout.time {
      time = milliseconds(place.column, fields[place.column].text)
      if time == nil || !shift(place.column) {
        fault = fault ?? "\(layout.columns[place.column].name): neither an ISO 8601 time nor a number since 1970"
      }
    }
    let key = layout.key.flatMap { keys.bytes(of: row[$0]) }
    if let fault, conversion.hasBadDocument, case .json = output {
      return try body(.malformed(reason: fault, payload: UnsafeRawBufferPointer(record), key: key))
    }
    return try withPayload(record) { payload in
      try body(
        fault.map { .malformed(reason: $0, payload: payload, key: key) }
          ?? .event(payload: payload, key: key, time: time)
      )
    }
  }

  private func milliseconds(_ column: Int, _ text: TextView) -> Int64? {
    if case .null = row[column] { return nil }
    return EventTimeText.milliseconds(text, unit: layout.time?.unit)
  }

  private func shift(_ column: Int) -> Bool {
    shiftSeconds == 0 || conversion.shift(column, bySeconds: shiftSeconds, unit: layout.time?.unit, in: row)
  }

  private func withPayload(
    _ record: UnsafeBufferPointer<UInt8>, _ body: (UnsafeRawBufferPointer) throws -> Bool
  ) throws -> Bool {
    payload.removeAll(keepingCapacity: true)
    switch output {
    case .same: return try body(UnsafeRawBufferPointer(record))
    case .json(let form): form.append(row, to: &payload)
    case .csv(let form, let order): form.append(row, columns: order, to: &payload)
    }
    return try payload.withUnsafeBytes(body)
  }
}
