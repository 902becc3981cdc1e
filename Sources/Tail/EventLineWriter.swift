import Events
import Formats
import JSON
import Plan

/// One line for a record: where it stands, when it happened, how late it is, and what it holds.
struct EventLineWriter {
  let documents: EventDocuments
  let eventTimeColumn: Int
  let form: EventLines.Form

  /// - Parameters:
  ///   - row: of the batch, decoded from the record.
  ///   - failure: why the row is none; nil: it is a good event.
  ///   - now: in microseconds since 1970.
  func append(
    _ batch: EventBatch, row: Int, of record: Record, failure: EventFailure?, now: Int64, to line: inout [UInt8]
  ) {
    let times = batch.columns[eventTimeColumn]
    let eventTime = failure == nil && times.validity[row] == 1 ? times.integers[row] : nil
    let lateness = eventTime.flatMap { time in
      let (difference, overflow) = now.subtractingReportingOverflow(time)
      return overflow ? nil : difference
    }
    let content = Content(
      record: record, eventTime: eventTime.map { DateTimeText.iso8601(timestamp: $0, zone: "Z") }, lateness: lateness,
      failure: failure)
    if form.isJSON {
      appendJSON(content, batch, row, to: &line)
    } else {
      appendText(content, batch, row, to: &line)
    }
    line.append(UInt8(ascii: "\n"))
  }

  private struct Content {
    var record: Record
    var eventTime: String?
    /// In microseconds.
    var lateness: Int64?
    var failure: EventFailure?
  }

  // MARK: For people

  private func appendText(_ content: Content, _ batch: EventBatch, _ row: Int, to line: inout [UInt8]) {
    let record = content.record
    let place = "\(record.partition)@\(record.offset)"
    line += (place + String(repeating: " ", count: max(0, 10 - place.utf8.count))).utf8
    if let failure = content.failure {
      line += "  \(failure.code.rawValue): ".utf8
      appendPrintable(failure.message, to: &line)
    } else {
      let lateness = content.lateness.map(Self.seconds) ?? "-"
      line += "  \(content.eventTime ?? "-")  \(lateness)".utf8
    }
    if form.isRaw {
      line += "  ".utf8
      PayloadText.append(record, to: &line)
    } else if content.failure == nil {
      line += "  ".utf8
      var document: [UInt8] = []
      documents.append(batch, row: row, to: &document)
      appendPrintable(document, to: &line)
    }
  }

  /// `+0.812s`, to the millisecond.
  private static func seconds(_ microseconds: Int64) -> String {
    let milliseconds = microseconds.magnitude / 1000
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(microseconds < 0 ? "-" : "+")\(milliseconds / 1000).\(fraction)s"
  }

  // MARK: For programs

  private func appendJSON(_ content: Content, _ batch: EventBatch, _ row: Int, to line: inout [UInt8]) {
    let record = content.record
    let timestamp = record.timestampMicroseconds.map { DateTimeText.iso8601(timestamp: $0, zone: "Z") }
    line += "{\"partition\": \(record.partition), \"offset\": \(record.offset), \"timestamp\": ".utf8
    append(timestamp, to: &line)
    if let failure = content.failure {
      line += ", \"code\": \"\(failure.code.rawValue)\", \"reason\": ".utf8
      appendJSONString(failure.message, to: &line)
    } else {
      line += ", \"event_time\": ".utf8
      append(content.eventTime, to: &line)
      let lateness = content.lateness.map { DecimalText(unscaled: Int128($0), scale: 6).text } ?? "null"
      line += ", \"lateness_seconds\": \(lateness)".utf8
    }
    if form.isRaw {
      line += ", ".utf8
      PayloadText.appendMember(record, to: &line)
    } else if content.failure == nil {
      line += ", \"event\": ".utf8
      documents.append(batch, row: row, to: &line)
    }
    line.append(UInt8(ascii: "}"))
  }

  private func append(_ text: String?, to line: inout [UInt8]) {
    if let text { appendJSONString(text, to: &line) } else { line += "null".utf8 }
  }
}
