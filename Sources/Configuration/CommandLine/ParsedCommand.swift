/// A command line that was understood.
public struct ParsedCommand: Sendable {
  /// The subcommand's name; empty for the program itself.
  public var command: String
  /// Not nil when `--help` or `--version` was asked for: to be printed on stdout instead of running, exit status 0.
  public var requestedText: String?
  public var positional: [String]
  /// Settings given as options, for `Configuration.load`: key (`API_PORT`) to text.
  public var settings: [String: String]
  var values: [String: [String]]

  /// The value of an option, nil when it was not given.
  public func string(_ option: String) -> String? { values[option]?.last }

  /// All values of a repeatable option, in order.
  public func strings(_ option: String) -> [String] { values[option] ?? [] }

  /// Whether a flag was given.
  public func flag(_ option: String) -> Bool { values[option] != nil }

  /// The value of an option as a whole number within `range`.
  public func integer(_ option: String, in range: ClosedRange<Int> = .min ... .max) throws(UsageError) -> Int? {
    guard let text = string(option) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw UsageError("--\(option) needs a whole number\(Self.describe(range)), not \"\(text)\"", command: self)
    }
    return value
  }

  /// The value of an option as a number within `range`.
  public func number(
    _ option: String, in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
  ) throws(UsageError) -> Double? {
    guard let text = string(option) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      let limits = range.upperBound == .greatestFiniteMagnitude ? "" : " in \(range.lowerBound)..\(range.upperBound)"
      throw UsageError("--\(option) needs a number\(limits), not \"\(text)\"", command: self)
    }
    return value
  }

  /// An error about this command line that the program found itself.
  public func error(_ message: String, hint: String? = nil) -> UsageError {
    var error = UsageError(message, command: self)
    if let hint { error.hint = hint }
    return error
  }

  var program = ""

  private static func describe(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): " of at least \(low)"
    case (.min, let high): " of at most \(high)"
    case (let low, let high): " in \(low)..\(high)"
    }
  }
}

/// A command line that was not understood.
public struct UsageError: Error, Hashable, CustomStringConvertible {
  /// What programs exit with after a `UsageError`.
  public static let exitStatus: Int32 = 2

  /// One line: what is wrong.
  public var message: String
  /// One line: what would be right.
  public var hint: String

  public init(message: String, hint: String) {
    self.message = message
    self.hint = hint
  }

  init(_ message: String, command: ParsedCommand) {
    let words = [command.program, command.command, "--help"].filter { !$0.isEmpty }
    self.init(message: message, hint: "see \(words.joined(separator: " "))")
  }

  /// For stderr.
  public var description: String { "\(message); \(hint)" }
}
