import Events
import JSON

/// Writer's schema + reader's schema + wanted columns → `DecodePlan`.
struct PlanCompiler {
  /// A schema that needs more instructions than this is refused.
  static let maximumInstructions = 25_000
  /// Names and defaults are written once for each place where they are used; a schema that needs more is refused.
  static let maximumTextBytes = 4 << 20
  /// Paths are only for messages: longer ones lose their beginning.
  private static let maximumPathBytes = 500

  let writer: AvroSchema
  let reader: AvroSchema
  /// By their numbers in the batch.
  let specs: [Int: ColumnSpec]
  let resolution: Resolution
  let sizes: EncodedSize
  let memory = PlanMemory()

  var instructions: [Instruction] = []
  var jsonInstructions: [JSONInstruction] = []
  var steps: [Step] = []
  var texts: [TextView] = []
  private var textBytes = 0
  var fields = [""]
  var reasons: [String] = []
  var enumerations: [Int: EnumerationNames] = [:]
  /// Recursive records of the writer that have their instructions already, or will have when they are complete.
  private var skippers: [Int: Int] = [:]
  var jsonRecords: [JSONPair: Int] = [:]
  lazy var recursive = recursiveRecords(writer.types)

  struct JSONPair: Hashable {
    var writer: Int
    var reader: Int
  }

  static func compile(
    writer: AvroSchema, reader: AvroSchema, specs: [(index: Int, spec: ColumnSpec)]
  ) throws(AvroError) -> DecodePlan {
    var compiler = PlanCompiler(
      writer: writer, reader: reader, specs: Dictionary(specs.map { ($0.index, $0.spec) }) { first, _ in first })
    let program = try compiler.decode(writer.root, as: reader.root, want: ColumnTree(compiler.specs), field: 0)
    return DecodePlan(
      instructions: compiler.instructions, jsonInstructions: compiler.jsonInstructions, steps: compiler.steps,
      texts: compiler.texts, program: program, fields: compiler.fields, reasons: compiler.reasons,
      enumerations: compiler.enumerations, memory: compiler.memory)
  }

  private init(writer: AvroSchema, reader: AvroSchema, specs: [Int: ColumnSpec]) {
    self.writer = writer
    self.reader = reader
    self.specs = specs
    resolution = Resolution(writer: writer.types, reader: reader.types)
    sizes = EncodedSize(writer.types)
  }

  func isNullable(_ column: Int) -> Bool { specs[column]?.isNullable ?? true }

  /// Steps that read a value of the writer's type `w` into the columns that `want` makes of the reader's type `r`.
  private mutating func decode(
    _ w: Int, as r: Int, want: ColumnTree, field: Int
  ) throws(AvroError) -> [Step] {
    if want.isEmpty { return try skip(w, field: field) }
    if case .union(let branches) = writer.types[w].shape {
      return try decodeUnion(branches, as: r, want: want, field: field)
    }
    if case .union(let branches) = reader.types[r].shape {
      guard let branch = resolution.branch(writer: w, branches: branches) else {
        throw unresolvable(field, "no branch of the reader's union takes the writer's \(writer.types[w].summary)")
      }
      return try decode(w, as: branch, want: want, field: field)
    }
    guard resolution.matches(writer: w, reader: r) else {
      throw unresolvable(field, resolution.mismatch(writer: w, reader: r))
    }
    if reader.types[r].isNull { return try nulls(want, field: field) }
    // Each column but the last of all looks at the value and leaves the cursor where it was.
    var result: [Step] = []
    for (position, column) in want.columns.enumerated() {
      let store = try leaf(w, as: r, column: column, field: field)
      if isNullable(column) { result.append(try step(.valid(column: column), field)) }
      let isLast = position == want.columns.count - 1 && want.fields.isEmpty
      result.append(try step(isLast ? store : .peek(node: try add(store)), field))
    }
    if want.fields.isEmpty { return result }
    guard case .record(let writerFields) = writer.types[w].shape, case .record(let readerFields) = reader.types[r].shape
    else { throw unresolvable(field, "the writer's \(writer.types[w].summary) has no fields") }
    return result + (try decodeFields(writerFields, as: readerFields, want: want, field: field))
  }

  private mutating func decodeFields(
    _ writerFields: [AvroField], as readerFields: [AvroField], want: ColumnTree, field: Int
  ) throws(AvroError) -> [Step] {
    var sources: [Int: AvroField] = [:]
    var result: [Step] = []
    for readerField in readerFields {
      guard let inner = want.fields[readerField.name] else { continue }
      let path = path(field, readerField.name)
      guard let source = resolution.writerField(of: readerField, in: writerFields) else {
        guard let value = readerField.defaultValue else {
          throw unresolvable(path, "the writer's schema lacks the field, and the reader's has no default for it")
        }
        let completed = DefaultValue.completed(value, types: reader.types, type: readerField.type)
        result += try defaults(completed, type: readerField.type, want: inner, field: path)
        continue
      }
      guard sources[source] == nil else {
        throw unresolvable(path, "its alias \(writerFields[source].name) is the name of another field already")
      }
      sources[source] = readerField
    }
    for (index, writerField) in writerFields.enumerated() {
      if let readerField = sources[index], let inner = want.fields[readerField.name] {
        let path = path(field, readerField.name)
        result += try decode(writerField.type, as: readerField.type, want: inner, field: path)
      } else {
        result += try skip(writerField.type, field: path(field, writerField.name))
      }
    }
    return merged(result)
  }

  private mutating func decodeUnion(
    _ branches: [Int], as r: Int, want: ColumnTree, field: Int
  ) throws(AvroError) -> [Step] {
    var nodes: [Int] = []
    var failure: AvroError?
    var failures = 0
    for branch in branches {
      do {
        nodes.append(try block(try decode(branch, as: r, want: want, field: field), field: field))
      } catch {
        // Only the records that have this branch are lost.
        failure = failure ?? error
        failures += 1
        nodes.append(try add(.unresolvable(reason: reason(error))))
      }
    }
    if let failure, failures == branches.count { throw failure }
    // The commonest union gets a loop of its own.
    if let null = branches.firstIndex(where: { writer.types[$0].isNull }), branches.count == 2, failures == 0,
      want.fields.isEmpty, want.columns.count == 1, let column = want.columns.first, isNullable(column),
      case .union(let readerBranches) = reader.types[r].shape,
      let branch = resolution.branch(writer: branches[1 - null], branches: readerBranches)
    {
      let node = try add(try leaf(branches[1 - null], as: branch, column: column, field: field))
      return [try step(.nullable(column: column, nullTag: UInt8(null * 2), node: node), field)]
    }
    return [try step(.union(first: append(nodes.map { Step(node: $0, field: -1) }), count: nodes.count), field)]
  }

  private mutating func nulls(_ want: ColumnTree, field: Int) throws(AvroError) -> [Step] {
    var result: [Step] = []
    for column in want.allColumns { result.append(try step(.null(column: column), field)) }
    return result
  }

  /// Steps that read past a value.
  mutating func skip(_ w: Int, field: Int) throws(AvroError) -> [Step] {
    if let size = sizes.fixed[w] { return size == 0 ? [] : [try step(.skip(bytes: size), field)] }
    switch writer.types[w].shape {
    case .null, .boolean, .float, .double, .fixed: return []
    case .int, .long, .enumeration: return [try step(.skipVarint, field)]
    case .bytes, .string: return [try step(.skipText, field)]
    case .array(let items):
      let node = try block(try skip(items, field: field), field: field)
      return [try step(.skipItems(node: node, minimumSize: sizes.minimum[items]), field)]
    case .map(let values):
      let node = try block([try step(.skipText, field)] + (try skip(values, field: field)), field: field)
      return [try step(.skipItems(node: node, minimumSize: 1 + sizes.minimum[values]), field)]
    case .union(let branches):
      if branches.count == 2, let null = branches.firstIndex(where: { writer.types[$0].isNull }) {
        switch writer.types[branches[1 - null]].shape {
        case .string, .bytes: return [try step(.skipNullableText(nullTag: UInt8(null * 2)), field)]
        default: break
        }
      }
      var nodes: [Step] = []
      for branch in branches {
        nodes.append(Step(node: try block(try skip(branch, field: field), field: field), field: -1))
      }
      return [try step(.union(first: append(nodes), count: nodes.count), field)]
    case .record(let list):
      guard recursive.contains(w) else {
        var result: [Step] = []
        for inner in list { result += try skip(inner.type, field: path(field, inner.name)) }
        return merged(result)
      }
      if let node = skippers[w] { return [Step(node: node, field: field)] }
      let node = try add(.sequence(first: 0, count: 0))
      skippers[w] = node
      var result: [Step] = []
      for inner in list { result += try skip(inner.type, field: path(field, inner.name)) }
      result = merged(result)
      instructions[node] = .sequence(first: append(result), count: result.count)
      return [Step(node: node, field: field)]
    }
  }

  /// One skip for neighbours of fixed size.
  private mutating func merged(_ list: [Step]) -> [Step] {
    var result: [Step] = []
    for next in list {
      if let last = result.last, case .skip(let first) = instructions[last.node],
        case .skip(let second) = instructions[next.node]
      {
        instructions[last.node] = .skip(bytes: first + second)
      } else {
        result.append(next)
      }
    }
    return result
  }
}

// MARK: - Building blocks

extension PlanCompiler {
  mutating func add(_ instruction: Instruction) throws(AvroError) -> Int {
    try checkSize()
    instructions.append(instruction)
    return instructions.count - 1
  }

  /// Both tables count together, so that once the limit is reached nothing more can be compiled.
  func checkSize() throws(AvroError) {
    guard instructions.count + jsonInstructions.count < Self.maximumInstructions else {
      throw .unresolvable(path: "", reason: "decoding would need more than \(Self.maximumInstructions) instructions")
    }
    guard textBytes <= Self.maximumTextBytes else {
      throw .unresolvable(path: "", reason: "names and defaults would need more than \(Self.maximumTextBytes) bytes")
    }
  }

  mutating func step(_ instruction: Instruction, _ field: Int) throws(AvroError) -> Step {
    Step(node: try add(instruction), field: field)
  }

  mutating func append(_ list: [Step]) -> Int {
    steps.append(contentsOf: list)
    return steps.count - list.count
  }

  /// One node for a list of steps.
  mutating func block(_ list: [Step], field: Int) throws(AvroError) -> Int {
    if list.count == 1, list[0].field == field { return list[0].node }
    return try add(.sequence(first: append(list), count: list.count))
  }

  mutating func path(_ field: Int, _ name: String) -> Int {
    let path = fields[field].isEmpty ? name : "\(fields[field]).\(name)"
    fields.append(path.utf8.count <= Self.maximumPathBytes ? path : "…\(path.suffix(Self.maximumPathBytes))")
    return fields.count - 1
  }

  mutating func text(_ bytes: [UInt8]) -> Int {
    textBytes += bytes.count
    texts.append(memory.append(bytes))
    return texts.count - 1
  }

  mutating func reason(_ error: AvroError) -> Int {
    reasons.append(error.description)
    return reasons.count - 1
  }

  func unresolvable(_ field: Int, _ reason: String) -> AvroError {
    .unresolvable(path: fields[field], reason: reason)
  }
}

/// The records that can contain themselves.
private func recursiveRecords(_ types: [AvroType]) -> Set<Int> {
  func children(_ index: Int) -> [Int] {
    switch types[index].shape {
    case .record(let fields): fields.map(\.type)
    case .array(let items): [items]
    case .map(let values): [values]
    case .union(let branches): branches
    default: []
    }
  }
  return Set(
    types.indices.filter { start in
      guard types[start].isRecord else { return false }
      var seen: Set<Int> = []
      var pending = children(start)
      while let next = pending.popLast() {
        if next == start { return true }
        if seen.insert(next).inserted { pending += children(next) }
      }
      return false
    })
}
