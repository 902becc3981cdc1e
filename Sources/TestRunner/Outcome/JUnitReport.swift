/// The outcomes in JUnit's XML, which build servers read: a test suite with a test case for each file.
public func junitReport(of outcomes: [TestOutcome]) -> String {
  let failures = outcomes.count { !$0.passed }
  var xml = """
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuite name="streampulse" tests="\(outcomes.count)" failures="\(failures)" errors="0" \
    time="\(milliseconds(outcomes.reduce(0) { $0 + $1.seconds }))">

    """
  for outcome in outcomes {
    let name = "name=\"\(escaped(outcome.test.name))\" classname=\"sql.tests\" file=\"\(escaped(outcome.test.path))\""
    xml += "  <testcase \(name) time=\"\(milliseconds(outcome.seconds))\""
    guard !outcome.passed else {
      xml += "/>\n"
      continue
    }
    xml += ">\n"
    for failure in outcome.failures {
      xml += "    <failure message=\"\(escaped(failure.message))\">\(escaped(failure.text))</failure>\n"
    }
    xml += "  </testcase>\n"
  }
  return xml + "</testsuite>\n"
}

private func milliseconds(_ seconds: Double) -> String { String((seconds * 1000).rounded() / 1000) }

/// Text as XML takes it, without the control characters that it cannot hold.
private func escaped(_ text: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "\n", "\t": escaped.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: escaped += "\u{FFFD}"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
