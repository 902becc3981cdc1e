import Events

/// Why a text or a number is no value of a column.
///
/// The message has no column's name: whoever knows it puts it in front. Of the value it quotes 40 characters at most.
public struct ValueFault: Error, Hashable, Sendable {
  public var code: EventErrorCode
  /// One line for a person.
  public var message: String

  public init(_ code: EventErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }
}

/// The beginning of a value for a message: in quotes, on one line, what cannot be seen escaped.
func quoted(_ text: UnsafeBufferPointer<UInt8>) -> String {
  let limit = 40
  // Four bytes a character are enough to see whether there are more.
  let beginning = String(decoding: UnsafeBufferPointer(rebasing: text.prefix(limit * 4 + 4)), as: UTF8.self)
  let characters = beginning.unicodeScalars.prefix(limit)
  let isWhole = characters.count == beginning.unicodeScalars.count
  var shown = "\""
  for character in characters {
    switch character.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      shown += character.escaped(asASCII: true)
    default: shown.unicodeScalars.append(character)
    }
  }
  return shown + (isWhole ? "\"" : "…\"")
}
