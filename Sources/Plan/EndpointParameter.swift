import Functions

extension EndpointPlan {
  public enum ParameterType: String, Hashable, Sendable, CaseIterable {
    case boolean
    /// Of 32 bits.
    case integer
    /// Of 64 bits.
    case bigint
    case double
    case text
    case timestamptz
    /// Of fixed length, and not negative.
    case interval
    case uuid
    /// Only in the body of a request.
    case jsonb

    public var sqlName: String { self == .double ? "double precision" : rawValue }
  }

  public enum ParameterValue: Hashable, Sendable {
    /// In the one spelling that `Parameter.canonical` gives.
    case one(String)
    case list([String])

    /// The text to bind, as Postgres reads it, but for a time that is relative to the present; see `Parameter.bound`.
    public var text: String {
      switch self {
      case .one(let text): text
      case .list(let texts): ParameterList.text(of: texts)
      }
    }
  }

  /// What a value must lie between, both included.
  public enum ParameterRange: Hashable, Sendable {
    /// Of an integer or a bigint.
    case integers(ClosedRange<Int64>)
    case doubles(ClosedRange<Double>)
    /// In microseconds.
    case intervals(ClosedRange<Int64>)

    /// As a definition has it: `1..60`.
    public var text: String {
      switch self {
      case .integers(let range): "\(range.lowerBound)..\(range.upperBound)"
      case .doubles(let range): "\(range.lowerBound)..\(range.upperBound)"
      case .intervals(let range): "\(LengthText.short(range.lowerBound))..\(LengthText.short(range.upperBound))"
      }
    }
  }

  public struct Parameter: Hashable, Sendable {
    /// Where a request gives it.
    public enum Place: Hashable, Sendable {
      /// GET: `?name=value`.
      case query
      /// A segment of the path.
      case path
      /// POST: a member of the JSON object in the body.
      case body
      /// Nowhere: it is who asks.
      case client
    }

    public var name: String
    public var type: ParameterType
    /// Any number of values, which are bound as one array.
    public var isList = false
    public var place = Place.query
    /// Bound as NULL when it is absent.
    public var isOptional: Bool
    /// Bound when it is absent; nil when there is none, and then it must be given unless it is optional.
    public var defaultValue: ParameterValue?
    /// An integer of 32 bits always has one.
    public var range: ParameterRange?
    /// The values that a text may have; empty: any.
    public var allowedValues: [String]
    /// What a text must match.
    public var pattern: TextPattern?
    /// Of a text, of any content; Unicode's, as JSON Schema counts.
    public var maximumCharacters = Self.maximumTextCharacters
    /// What it means, for the API's documentation; may be empty.
    public var description: String

    public init(
      name: String, type: ParameterType, isOptional: Bool, defaultValue: ParameterValue? = nil,
      range: ParameterRange? = nil, allowedValues: [String] = [], description: String
    ) {
      self.name = name
      self.type = type
      self.isOptional = isOptional
      self.defaultValue = defaultValue
      self.range = range
      self.allowedValues = allowedValues
      self.description = description
    }

    /// A text that was given out by an answer, of the alphabet of base64url.
    public static func token(_ name: String, maximumCharacters: Int, description: String) -> Parameter {
      var parameter = Parameter(name: name, type: .text, isOptional: true, description: description)
      parameter.maximumCharacters = maximumCharacters
      parameter.pattern = try? TextPattern("^[A-Za-z0-9_-]+$")
      return parameter
    }

    /// Whether a request must give it.
    public var isRequired: Bool { place != .client && !isOptional && defaultValue == nil }

    /// As Postgres calls its type.
    public var sqlType: String { type.sqlName + (isList ? "[]" : "") }

    /// Whether a parameter may be called so.
    public static func isName(_ text: String) -> Bool {
      !text.isEmpty
        && text.utf8.allSatisfy {
          (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
        }
    }
  }
}

/// The values of a list as the text of an array, which Postgres reads.
enum ParameterList {
  /// Each in quotes: nothing in it means anything then.
  static func text(of values: [String]) -> String {
    let elements = values.map { value in
      "\"" + value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
    return "{\(elements.joined(separator: ","))}"
  }
}
