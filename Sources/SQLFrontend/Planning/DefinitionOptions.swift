import Plan
import Spelling

/// The options of a definition, read one by one; those nobody asked for are unknown.
struct DefinitionOptions {
  let source: SourceText
  /// Where an error points that is about an option which is not there.
  let location: Int
  let known: [String]
  private var options: [String: SyntaxOption] = [:]

  /// - Parameter elsewhere: what to say of an option that is not known here but has a meaning in other definitions.
  init(
    _ options: [SyntaxOption], known: [String], source: SourceText, location: Int, diagnostics: inout Diagnostics,
    elsewhere: (_ name: String) -> (message: String, hint: String)? = { _ in nil }
  ) {
    self.source = source
    self.location = location
    self.known = known
    for option in options {
      if !known.contains(option.name), let refusal = elsewhere(option.name) {
        diagnostics.report(source.error(at: option.location, refusal.message, hint: refusal.hint))
      } else if !known.contains(option.name) {
        let nearest = suggestion(for: option.name, among: known)
        diagnostics.report(
          source.error(
            at: option.location, "there is no option \"\(option.name)\"",
            hint: "\(nearest)options are \(known.joined(separator: ", "))"))
      } else if self.options.updateValue(option, forKey: option.name) != nil {
        diagnostics.report(source.error(at: option.location, "option \"\(option.name)\" is given twice"))
      }
    }
  }

  /// Where an option's value is; where the definition is named when it is not given.
  func place(_ name: String) -> Int { options[name]?.location ?? location }

  func isGiven(_ name: String) -> Bool { options[name] != nil }

  /// As it is written, also when it is empty.
  func value(_ name: String) -> String? { options[name]?.value }

  func text(_ name: String) throws(DefinitionError) -> String? {
    guard let option = options[name] else { return nil }
    guard !option.value.isEmpty else { throw source.error(at: option.location, "option \"\(name)\" is empty") }
    return option.value
  }

  func required(_ name: String) throws(DefinitionError) -> String {
    guard let value = try text(name) else {
      throw source.error(
        at: location, "option \"\(name)\" is missing", hint: "options are \(known.joined(separator: ", "))")
    }
    return value
  }

  /// A length of time in microseconds.
  func interval(_ name: String) throws(DefinitionError) -> Int64? {
    guard let option = options[name] else { return nil }
    let length: Int64
    do {
      length = try Interval.microseconds(parsing: option.value)
    } catch {
      throw source.error(at: option.location, "option \"\(name)\": \(error.message)", hint: error.hint)
    }
    // The engine adds and subtracts it to and from event times, which Postgres must be able to hold.
    guard length <= Interval.longestMicroseconds else {
      throw source.error(at: option.location, "option \"\(name)\": the interval is longer than 36525 days")
    }
    return length
  }

  /// One of a fixed set of words.
  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) throws(DefinitionError)
    -> Choice? where Choice.RawValue == String
  {
    guard let option = options[name] else { return nil }
    guard let choice = Choice(rawValue: option.value) else {
      let words = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      let nearest = nearestSpelling(of: option.value, among: Choice.allCases.map(\.rawValue))
      let advice = nearest.map { "did you mean '\($0)'? " } ?? ""
      throw source.error(
        at: option.location, "option \"\(name)\" does not take '\(option.value)'",
        hint: "\(advice)it is one of \(words)")
    }
    return choice
  }

  /// 'true' or 'false'.
  func flag(_ name: String) throws(DefinitionError) -> Bool? {
    guard let option = options[name] else { return nil }
    guard option.value == "true" || option.value == "false" else {
      throw source.error(
        at: option.location, "option \"\(name)\" does not take '\(option.value)'", hint: "it is 'true' or 'false'")
    }
    return option.value == "true"
  }

  /// An error that points at an option's value, or where it is missing.
  func error(_ name: String, _ message: String, hint: String? = nil) -> DefinitionError {
    source.error(at: options[name]?.location ?? location, message, hint: hint)
  }
}
