import Events

extension ScalarFunction {
  static let textFunctions: [ScalarFunction] =
    cases + lengths + pieces + trims + searches + changes + joins + digests
}

// MARK: Capital and small letters

/// Which letters have another case is the collation's business, and Postgres' default one differs from server to server:
/// in "C" it is A to Z.
private let cases: [ScalarFunction] = [
  .plain("lower", [.text], .text, needsByteCollation: true) { row throws(ScalarError) in
    try give(&row, mapping: lowercasedASCII)
  },
  .plain("upper", [.text], .text, needsByteCollation: true) { row throws(ScalarError) in
    try give(&row, mapping: uppercasedASCII)
  },
  .plain("initcap", [.text], .text, needsByteCollation: true) { row throws(ScalarError) in
    let text = row.text(0)
    try row.give(count: text.count) { target in
      var isInWord = false
      for offset in 0..<text.count {
        let byte = text.start[offset]
        target[offset] = isInWord ? lowercasedASCII(byte) : uppercasedASCII(byte)
        isInWord = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      }
    }
  },
]

private func give(_ row: inout CallRow, mapping: (UInt8) -> UInt8) throws(ScalarError) {
  let text = row.text(0)
  try row.give(count: text.count) { target in
    for offset in 0..<text.count { target[offset] = mapping(text.start[offset]) }
  }
}

// MARK: Lengths

private let lengths: [ScalarFunction] =
  ["length", "char_length", "character_length"].map { name in
    .plain(name, [.text], .integer) { row in row.give(Int64(row.text(0).characterCount)) }
  } + [
    .plain("octet_length", [.text], .integer) { row in row.give(Int64(row.text(0).count)) },
    .plain("octet_length", [.bytea], .integer) { row in row.give(Int64(row.text(0).count)) },
    .plain("length", [.bytea], .integer) { row in row.give(Int64(row.text(0).count)) },
    .plain("bit_length", [.text], .integer) { row in row.give(Int64(row.text(0).count) * 8) },
    .plain("ascii", [.text], .integer) { row in
      let text = row.text(0)
      let first = text.count == 0 ? nil : text.piece(0..<text.end(ofCharacterAt: 0)).description.unicodeScalars.first
      row.give(Int64(first?.value ?? 0))
    },
  ]

// MARK: Pieces

private let pieces: [ScalarFunction] =
  ["substring", "substr"].flatMap { name -> [ScalarFunction] in
    [
      .plain(name, [.text, .integer], .text) { row in
        let text = row.text(0)
        row.give(text, text.offset(ofCharacter: max(Int(row.integer(1)), 1) - 1)..<text.count)
      },
      .plain(name, [.text, .integer, .integer], .text) { row throws(ScalarError) in
        let (first, length) = (row.integer(1), row.integer(2))
        guard length >= 0 else {
          throw ScalarError(.substringError, "negative substring length not allowed: \(length)")
        }
        let text = row.text(0)
        // Both are 32 bits wide: their sum is none too large. What lies before the first character counts.
        let characters = max(Int(first), 1) - 1..<max(Int(first + length) - 1, max(Int(first), 1) - 1)
        let start = text.offset(ofCharacter: characters.lowerBound)
        let rest = text.piece(start..<text.count)
        row.give(rest, 0..<rest.offset(ofCharacter: characters.count))
      },
    ]
  } + [
    .refused("substring", [.text, .text], patternHint), .refused("substring", [.text, .text, .text], patternHint),
    .plain("left", [.text, .integer], .text) { row in
      let text = row.text(0)
      let number = Int(row.integer(1))
      row.give(text, 0..<text.offset(ofCharacter: number < 0 ? text.characterCount + number : number))
    },
    .plain("right", [.text, .integer], .text) { row in
      let text = row.text(0)
      let number = Int(row.integer(1))
      // The least number has no counterpart above zero, and Postgres leaves the text whole.
      let skipped = number == Int(Int32.min) ? 0 : number < 0 ? -number : text.characterCount - number
      row.give(text, text.offset(ofCharacter: skipped)..<text.count)
    },
    .plain("split_part", [.text, .text, .integer], .text) { row throws(ScalarError) in
      let number = row.integer(2)
      guard number != 0 else { throw ScalarError(.invalidParameter, "field position must not be zero") }
      let (text, separator) = (row.text(0), row.text(1))
      guard separator.count > 0 else {
        // One field, the whole text.
        return row.give(text, number == 1 || number == -1 ? 0..<text.count : 0..<0)
      }
      var wanted = number
      if number < 0 {
        wanted = 1 + Int64(text.occurrences(of: separator)) + number + 1
        guard wanted > 0 else { return row.give(.empty) }
      }
      var start = 0
      while wanted > 1, let found = text.find(separator, from: start) {
        start = found + separator.count
        wanted -= 1
      }
      guard wanted == 1 else { return row.give(.empty) }
      row.give(text, start..<(text.find(separator, from: start) ?? text.count))
    },
  ]

/// Postgres reads the second text as a regular expression.
private let patternHint =
  "regular expressions are for ~ and !~ alone: write substring(x, position, length) or split_part"

extension TextView {
  /// How often `part`, which is not empty, is found from left to right.
  fileprivate func occurrences(of part: TextView) -> Int {
    var found = 0
    var offset = 0
    while let place = find(part, from: offset) {
      found += 1
      offset = place + part.count
    }
    return found
  }
}

// MARK: Ends

private let trims: [ScalarFunction] = [
  ("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true),
].flatMap { name, left, right -> [ScalarFunction] in
  [
    .plain(name, [.text], .text) { row in
      let text = row.text(0)
      var (start, end) = (0, text.count)
      while left, start < end, text.start[start] == 0x20 { start += 1 }
      while right, start < end, text.start[end - 1] == 0x20 { end -= 1 }
      row.give(text, start..<end)
    },
    .plain(name, [.text, .text], .text) { row in
      let (text, set) = (row.text(0), row.text(1))
      var (start, end) = (0, text.count)
      while left, start < end {
        let next = text.end(ofCharacterAt: start)
        guard set.contains(character: text.piece(start..<next)) else { break }
        start = next
      }
      while right, start < end {
        let previous = text.start(ofCharacterBefore: end)
        guard set.contains(character: text.piece(previous..<end)) else { break }
        end = previous
      }
      row.give(text, start..<end)
    },
  ]
}

// MARK: Places

private let searches: [ScalarFunction] =
  ["strpos", "position"].map { name in
    .plain(name, [.text, .text], .integer) { row in
      let (text, part) = (row.text(0), row.text(1))
      guard part.count > 0 else { return row.give(Int64(1)) }
      let found = text.find(part)
      row.give(found.map { Int64(text.piece(0..<$0).characterCount) + 1 } ?? 0)
    }
  } + [
    .plain("starts_with", [.text, .text], .boolean) { row in row.give(row.text(0).begins(with: row.text(1), at: 0)) }
  ]

// MARK: Changes

private let changes: [ScalarFunction] =
  [
    .plain("replace", [.text, .text, .text], .text) { row throws(ScalarError) in
      let (text, old, new) = (row.text(0), row.text(1), row.text(2))
      guard old.count > 0, text.count > 0 else { return row.give(text) }
      let found = text.occurrences(of: old)
      guard found > 0 else { return row.give(text) }
      try row.give(count: text.count + found * (new.count - old.count)) { target in
        var target = target
        func write(_ piece: TextView) {
          target.update(from: piece.start, count: piece.count)
          target += piece.count
        }
        var offset = 0
        while let place = text.find(old, from: offset) {
          write(text.piece(offset..<place))
          write(new)
          offset = place + old.count
        }
        write(text.piece(offset..<text.count))
      }
    },
    .plain("translate", [.text, .text, .text], .text) { row throws(ScalarError) in
      let (text, old, new) = (row.text(0), row.text(1), row.text(2))
      var result: [UInt8] = []
      var offset = 0
      while offset < text.count {
        let end = text.end(ofCharacterAt: offset)
        let character = text.piece(offset..<end)
        offset = end
        guard let number = old.number(of: character) else {
          result.append(contentsOf: character.bytes)
          continue
        }
        let start = new.offset(ofCharacter: number)
        if start < new.count { result.append(contentsOf: new.piece(start..<new.end(ofCharacterAt: start)).bytes) }
      }
      try row.give(result)
    },
    .plain("reverse", [.text], .text) { row throws(ScalarError) in
      let text = row.text(0)
      try row.give(count: text.count) { target in
        var offset = 0
        while offset < text.count {
          let end = text.end(ofCharacterAt: offset)
          (target + (text.count - end)).update(from: text.start + offset, count: end - offset)
          offset = end
        }
      }
    },
    .plain("repeat", [.text, .integer], .text) { row throws(ScalarError) in
      let (text, times) = (row.text(0), max(0, Int(row.integer(1))))
      try row.give(count: text.count * times) { target in
        for time in 0..<times { (target + time * text.count).update(from: text.start, count: text.count) }
      }
    },
  ]
  + [("lpad", true), ("rpad", false)].flatMap { name, isLeft -> [ScalarFunction] in
    [
      .plain(name, [.text, .integer], .text) { row throws(ScalarError) in
        let blank: StaticString = " "
        try pad(&row, with: TextView(start: blank.utf8Start, count: 1), isLeft: isLeft)
      },
      .plain(name, [.text, .integer, .text], .text) { row throws(ScalarError) in
        try pad(&row, with: row.text(2), isLeft: isLeft)
      },
    ]
  }

private func pad(_ row: inout CallRow, with filling: TextView, isLeft: Bool) throws(ScalarError) {
  let text = row.text(0)
  let wanted = max(0, Int(row.integer(1)))
  // Postgres reserves four bytes for each character, before it looks whether so many are needed.
  guard wanted <= (0x3FFF_FFFF - 4) / 4 else {
    throw ScalarError(.limitExceeded, "requested length too large: \(wanted)")
  }
  let end = text.offset(ofCharacter: wanted)
  let missing = wanted - text.piece(0..<end).characterCount
  guard missing > 0, filling.count > 0 else { return row.give(text, 0..<end) }
  let characters = filling.characterCount
  let (whole, rest) = missing.quotientAndRemainder(dividingBy: characters)
  let restCount = filling.offset(ofCharacter: rest)
  let padding = whole * filling.count + restCount
  try row.give(count: padding + end) { target in
    var fill = isLeft ? target : target + end
    for _ in 0..<whole {
      fill.update(from: filling.start, count: filling.count)
      fill += filling.count
    }
    fill.update(from: filling.start, count: restCount)
    (isLeft ? target + padding : target).update(from: text.start, count: end)
  }
}

extension TextView {
  /// How many characters stand before `character`; nil when it is not there.
  fileprivate func number(of character: TextView) -> Int? {
    var offset = 0
    var number = 0
    while offset < count {
      let end = end(ofCharacterAt: offset)
      if end - offset == character.count, begins(with: character, at: offset) { return number }
      offset = end
      number += 1
    }
    return nil
  }
}

// MARK: Several texts

private let joins: [ScalarFunction] = [
  .plain("||", [.text, .text], .text, notation: .infix) { row throws(ScalarError) in
    let (left, right) = (row.text(0), row.text(1))
    try row.give(count: left.count + right.count) { target in
      target.update(from: left.start, count: left.count)
      (target + left.count).update(from: right.start, count: right.count)
    }
  },
  .plain("concat", [.text], .text, isVariadic: true, nullability: .never) { row throws(ScalarError) in
    try join(&row, from: 0, with: .empty)
  },
  .plain("concat_ws", [.text, .text], .text, isVariadic: true, nullability: .first) { row throws(ScalarError) in
    try join(&row, from: 1, with: row.text(0))
  },
]

/// The texts from an argument on that are not NULL, with `separator` between them.
private func join(_ row: inout CallRow, from first: Int, with separator: TextView) throws(ScalarError) {
  var (count, pieces) = (0, 0)
  for argument in first..<row.count where !row.isNull(argument) {
    count += row.text(argument).count
    pieces += 1
  }
  let current = row
  try row.give(count: count + max(0, pieces - 1) * separator.count) { target in
    var target = target
    var isFirst = true
    for argument in first..<current.count where !current.isNull(argument) {
      if !isFirst {
        target.update(from: separator.start, count: separator.count)
        target += separator.count
      }
      isFirst = false
      let text = current.text(argument)
      target.update(from: text.start, count: text.count)
      target += text.count
    }
  }
}

// MARK: Other texts of the same value

private let digests: [ScalarFunction] = [
  .plain("md5", [.text], .text) { row throws(ScalarError) in
    try row.give(hexadecimal(MD5.digest(of: row.text(0).bytes)))
  },
  .plain("md5", [.bytea], .text, isCostly: true) { row throws(ScalarError) in
    try row.give(hexadecimal(MD5.digest(of: row.text(0).bytes)))
  },
  .plain("to_hex", [.integer], .text) { row throws(ScalarError) in
    try row.give(Array(String(UInt32(truncatingIfNeeded: row.integer(0)), radix: 16).utf8))
  },
  .plain("to_hex", [.bigint], .text) { row throws(ScalarError) in
    try row.give(Array(String(UInt64(bitPattern: row.integer(0)), radix: 16).utf8))
  },
  ScalarFunction("encode", [.bytea, .text], constants: [1]) { preparation throws(PreparationError) in
    guard preparation.text(1)?.lowercased() == "hex" else {
      throw PreparationError("the encoding is not supported", hint: "write encode(…, 'hex')", argument: 1)
    }
    return PreparedFunction(.text) { row throws(ScalarError) in try row.give(hexadecimal(Array(row.text(0).bytes))) }
  },
]

private func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
}
