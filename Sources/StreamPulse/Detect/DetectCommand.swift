import Configuration
import Detection
import SampleText

/// `streampulse detect`: the adaptive detector of the alerts over the lines of a file, each judged before the next is
/// looked at.
func detect(_ parsed: ParsedCommand) throws -> Int32 {
  guard let path = parsed.string("csv") else {
    throw parsed.error("--csv is missing", hint: "write --csv data.csv, or --csv - for standard input")
  }
  let name = path == "-" ? "standard input" : path
  var lines = try InputLines(path)
  let columns: SampleColumns?
  do {
    columns = try lines.next { (line) throws(SampleTextError) in try SampleColumns(header: line) }
  } catch let error as SampleTextError {
    throw InputError(place: "\(name):1", message: error.message, hint: error.hint)
  }
  guard let columns else {
    throw InputError(place: name, message: "there is no line", hint: "the first one is timestamp,value")
  }
  if let step = try parsed.integer("forecast", in: 1...86_400) {
    guard let forecaster = Forecaster(step: Int64(step) * 1_000_000) else {
      throw parsed.error("--forecast does not divide a day", hint: "write e.g. 60, 300, 3600 or 86400")
    }
    return try writeForecasts(forecaster, of: columns, &lines, name)
  }
  let detector = Detector(DetectorConfiguration(.adaptive))
  var state = DetectorState(for: detector.configuration)
  return try rewrite(&lines, name, header: "timestamp,anomaly_score") { (text, line) throws(SampleTextError) in
    let row = try columns.row(text)
    line += row.timestamp
    line.append(UInt8(ascii: ","))
    append(score: detector.step(&state, row.sample).score, to: &line)
    line.append(UInt8(ascii: "\n"))
  }
}

/// Writes what `row` appends for each line that is not empty.
///
/// - Parameter name: what errors call the input.
/// - Returns: the exit status; it ends early when nobody reads any more.
func rewrite(
  _ lines: inout InputLines, _ name: String, header: String,
  _ row: (UnsafeBufferPointer<UInt8>, inout [UInt8]) throws(SampleTextError) -> Void
) throws -> Int32 {
  var output = LineOutput()
  var line = Array((header + "\n").utf8)
  guard try output.append(line, until: { false }) else { return 0 }
  do {
    while true {
      // Who types or pipes a line sees what comes of it before the next one comes.
      if !lines.hasLine, try !output.flush(until: { false }) { return 0 }
      line.removeAll(keepingCapacity: true)
      let isLine = try lines.next { (text) throws(SampleTextError) -> Bool in
        if !text.isEmpty { try row(text, &line) }
        return true
      }
      guard isLine != nil else { break }
      if !line.isEmpty, try !output.append(line, until: { false }) { return 0 }
    }
  } catch let error as SampleTextError {
    // What came before the line is right.
    _ = try output.flush(until: { false })
    throw InputError(place: "\(name):\(lines.number)", message: error.message, hint: error.hint)
  }
  _ = try output.flush(until: { false })
  return 0
}

/// Twelve places, more than single precision tells apart.
private func append(score: Double, to line: inout [UInt8]) {
  let unit: UInt64 = 1_000_000_000_000
  let scaled = UInt64((min(max(score, 0), 1) * Double(unit)).rounded())
  line.append(UInt8(ascii: "0") + UInt8(scaled / unit))
  line.append(UInt8(ascii: "."))
  var rest = scaled % unit
  var place = unit / 10
  while place > 0 {
    line.append(UInt8(ascii: "0") + UInt8(rest / place))
    rest %= place
    place /= 10
  }
}
