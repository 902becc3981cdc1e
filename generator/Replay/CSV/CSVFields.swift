import Events

/// A field of a record.
public struct CSVField {
  /// What stands between the quotes, doubled ones made single.
  public var text: TextView
  public var isQuoted: Bool
}

/// Why a record is no CSV. Fields are counted from 1.
public enum CSVFault: Error, Equatable, CustomStringConvertible {
  case quoteInside(field: Int)
  case textBehindQuote(field: Int)
  case openQuote(field: Int)

  public var description: String {
    switch self {
    case .quoteInside(let field): "field \(field): a quote stands in a field that does not begin with one"
    case .textBehindQuote(let field): "field \(field): something follows the quote that ends it"
    case .openQuote(let field): "field \(field): the quote that begins it has no end"
    }
  }
}

/// Takes records apart into fields (RFC 4180), one after the other.
public struct CSVFields: ~Copyable {
  /// Of the last record; valid as long as its bytes, and until the next one.
  public private(set) var fields: [CSVField] = []
  private let delimiter: UInt8
  private var arena = TextArena()

  public init(delimiter: UInt8) {
    self.delimiter = delimiter
  }

  /// Reads a record without its line end. An empty one has one field, which is empty.
  public mutating func read(_ record: UnsafeBufferPointer<UInt8>) throws(CSVFault) {
    fields.removeAll(keepingCapacity: true)
    arena.reset()
    guard let first = record.baseAddress else {
      fields.append(CSVField(text: .empty, isQuoted: false))
      return
    }
    var position = 0
    while true {
      let start = position
      if position < record.count, record[position] == 0x22 {
        let isDoubled = try skipQuoted(record, &position)
        let text = TextView(start: first + start + 1, count: position - start - 2)
        fields.append(CSVField(text: isDoubled ? single(text) : text, isQuoted: true))
      } else {
        while position < record.count, record[position] != delimiter {
          if record[position] == 0x22 { throw .quoteInside(field: fields.count + 1) }
          position += 1
        }
        fields.append(CSVField(text: TextView(start: first + start, count: position - start), isQuoted: false))
      }
      if position == record.count { return }
      position += 1
    }
  }

  /// Moves from a quote to behind the one that ends the field. Returns whether there are doubled ones between them.
  private func skipQuoted(_ record: UnsafeBufferPointer<UInt8>, _ position: inout Int) throws(CSVFault) -> Bool {
    var isDoubled = false
    position += 1
    while position < record.count {
      guard record[position] == 0x22 else {
        position += 1
        continue
      }
      position += 1
      if position == record.count || record[position] == delimiter { return isDoubled }
      guard record[position] == 0x22 else { throw .textBehindQuote(field: fields.count + 1) }
      isDoubled = true
      position += 1
    }
    throw .openQuote(field: fields.count + 1)
  }

  private mutating func single(_ text: TextView) -> TextView {
    let target = arena.reserve(text.count)
    var written = 0
    var index = 0
    while index < text.count {
      target[written] = text.start[index]
      written += 1
      index += text.start[index] == 0x22 ? 2 : 1
    }
    return TextView(start: target, count: written)
  }
}
