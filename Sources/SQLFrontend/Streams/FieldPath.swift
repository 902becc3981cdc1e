import Plan

/// The way to a value inside a record, as options write it: names with dots between them, `[n]` for an element of a list,
/// and in double quotes, as in SQL, what else a name may hold: `a."b.c"[0].d`.
enum FieldPath {
  struct Failure: Error {
    var message: String
    var hint: String?
  }

  static let maximumSteps = 32
  static let maximumElement = 1_000_000

  static let form =
    "write it like 'a.b[0].c'; a name with other characters than letters, digits, _, -, $ and @ in \"…\""

  /// The steps of a path that begins with a name.
  static func steps(parsing text: String) throws(Failure) -> [DeclaredColumn.Step] {
    var reader = Reader(rest: Substring(text).unicodeScalars)
    return try reader.steps()
  }

  /// A path of names alone.
  static func names(parsing text: String) throws(Failure) -> [String] {
    var names: [String] = []
    for step in try steps(parsing: text) {
      guard case .member(let name) = step else {
        throw Failure(message: "an element of a list cannot be named here", hint: "write names with dots between them")
      }
      names.append(name)
    }
    return names
  }

  private struct Reader {
    var rest: Substring.UnicodeScalarView

    mutating func steps() throws(Failure) -> [DeclaredColumn.Step] {
      guard rest.first != "[" else {
        throw Failure(message: "a record is an object: its path begins with a name", hint: FieldPath.form)
      }
      // Who knows JSONPath begins with the root.
      guard rest.first != "$" || !(rest.count == 1 || rest.dropFirst().first == "." || rest.dropFirst().first == "[")
      else {
        throw Failure(message: "a path does not begin with $", hint: "write 'a.b'; a member of that name is '\"$\"'")
      }
      var steps: [DeclaredColumn.Step] = [.member(try name())]
      while let next = rest.popFirst() {
        switch next {
        case ".": steps.append(.member(try name()))
        case "[": steps.append(.element(try element()))
        default:
          throw Failure(message: "the path has \"\(next)\" where a dot or [ is expected", hint: FieldPath.form)
        }
        guard steps.count <= FieldPath.maximumSteps else {
          throw Failure(
            message: "the path has more than \(FieldPath.maximumSteps) steps", hint: "declare a part of it as jsonb")
        }
      }
      return steps
    }

    private mutating func name() throws(Failure) -> String {
      if rest.first == "\"" { return try quotedName() }
      var name = String.UnicodeScalarView()
      while let scalar = rest.first, DeclaredColumn.isPlainInPath(scalar) {
        name.append(scalar)
        rest.removeFirst()
      }
      guard !name.isEmpty else {
        throw Failure(
          message: rest.first.map { "the path has \"\($0)\" where a name is expected" }
            ?? "the path ends where a name is expected", hint: FieldPath.form)
      }
      guard !name.allSatisfy({ ("0"..."9").contains($0) }) else {
        throw Failure(
          message: "\(String(name)) is no name", hint: "write [\(name)] for an element, or \"\(name)\" for a name")
      }
      return String(name)
    }

    private mutating func quotedName() throws(Failure) -> String {
      rest.removeFirst()
      var name = String.UnicodeScalarView()
      while let scalar = rest.popFirst() {
        if scalar != "\"" {
          name.append(scalar)
        } else if rest.first == "\"" {
          name.append(scalar)
          rest.removeFirst()
        } else {
          return String(name)
        }
      }
      throw Failure(message: "a quoted name in the path is not closed", hint: FieldPath.form)
    }

    private mutating func element() throws(Failure) -> Int {
      var digits = ""
      while let scalar = rest.first, scalar != "]" {
        digits.unicodeScalars.append(scalar)
        rest.removeFirst()
      }
      guard rest.popFirst() == "]", !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw Failure(message: "an element is a whole number in brackets", hint: "write [0] for the first element")
      }
      guard let number = Int(digits), number <= FieldPath.maximumElement else {
        throw Failure(
          message: "an element is at most number \(FieldPath.maximumElement)", hint: "declare the list as jsonb")
      }
      return number
    }
  }
}
