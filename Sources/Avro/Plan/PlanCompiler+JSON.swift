import JSON

/// Values that become JSON text.
extension PlanCompiler {
  /// The node that writes the writer's type `w`, resolved to the reader's type `r`, as JSON.
  mutating func json(_ w: Int, as r: Int, field: Int) throws(AvroError) -> Int {
    if case .union(let branches) = writer.types[w].shape { return try jsonUnion(branches, as: r, field: field) }
    if case .union(let branches) = reader.types[r].shape {
      guard let branch = resolution.branch(writer: w, branches: branches) else {
        throw unresolvable(field, "no branch of the reader's union takes the writer's \(writer.types[w].summary)")
      }
      return try json(w, as: branch, field: field)
    }
    guard resolution.matches(writer: w, reader: r) else {
      throw unresolvable(field, resolution.mismatch(writer: w, reader: r))
    }
    switch (writer.types[w].shape, reader.types[r].shape) {
    case (.null, _): return try addJSON(.null)
    case (.boolean, _): return try addJSON(.boolean)
    case (.int, .float): return try addJSON(.integerToDouble(isInt32: true, toFloat: true))
    case (.int, .double): return try addJSON(.integerToDouble(isInt32: true, toFloat: false))
    case (.int, _): return try addJSON(.integer(isInt32: true))
    case (.long, .float): return try addJSON(.integerToDouble(isInt32: false, toFloat: true))
    case (.long, .double): return try addJSON(.integerToDouble(isInt32: false, toFloat: false))
    case (.long, _): return try addJSON(.integer(isInt32: false))
    case (.float, .double): return try addJSON(.float(toDouble: true))
    case (.float, _): return try addJSON(.float(toDouble: false))
    case (.double, _): return try addJSON(.double)
    case (.string, .bytes), (.bytes, .bytes): return try addJSON(.bytes(size: nil))
    case (.string, _), (.bytes, _): return try addJSON(.string)
    case (.fixed(let size), _): return try addJSON(.bytes(size: size))
    case (.enumeration(let symbols, _), _):
      return try addJSON(.symbol(table: symbolTable(symbols, r), count: symbols.count))
    case (.array(let written), .array(let read)):
      let node = try json(written, as: read, field: field)
      return try addJSON(.array(node: node, minimumSize: sizes.minimum[written]))
    case (.map(let written), .map(let read)): return try addJSON(.map(node: try json(written, as: read, field: field)))
    case (.record(let written), .record(let read)):
      return try jsonRecord(JSONPair(writer: w, reader: r), written, as: read, field: field)
    default: throw unresolvable(field, resolution.mismatch(writer: w, reader: r))
    }
  }

  private mutating func jsonUnion(_ branches: [Int], as r: Int, field: Int) throws(AvroError) -> Int {
    var nodes: [Step] = []
    var failure: AvroError?
    var failures = 0
    for branch in branches {
      do {
        nodes.append(Step(node: try json(branch, as: r, field: field), field: -1))
      } catch {
        failure = failure ?? error
        failures += 1
        nodes.append(Step(node: try addJSON(.unresolvable(reason: reason(error))), field: -1))
      }
    }
    if let failure, failures == branches.count { throw failure }
    return try addJSON(.union(first: append(nodes), count: nodes.count))
  }

  private mutating func jsonRecord(
    _ pair: JSONPair, _ writerFields: [AvroField], as readerFields: [AvroField], field: Int
  ) throws(AvroError) -> Int {
    if let node = jsonRecords[pair] { return node }
    let node = try addJSON(.record(first: 0, count: 0))
    let known = jsonRecords
    // The place is known before the fields are compiled, because one of them may lead back here.
    if recursive.contains(pair.writer) { jsonRecords[pair] = node }
    do {
      try compileFields(node, writerFields, as: readerFields, field: field)
    } catch {
      // What was compiled meanwhile may lead here too.
      jsonRecords = known
      throw error
    }
    return node
  }

  private mutating func compileFields(
    _ node: Int, _ writerFields: [AvroField], as readerFields: [AvroField], field: Int
  ) throws(AvroError) {
    var sources: [Int: AvroField] = [:]
    var missing: [Step] = []
    for readerField in readerFields {
      let path = path(field, readerField.name)
      if let source = resolution.writerField(of: readerField, in: writerFields), sources[source] == nil {
        sources[source] = readerField
      } else if let value = readerField.defaultValue {
        let completed = DefaultValue.completed(value, types: reader.types, type: readerField.type)
        let constant = JSONInstruction.constant(text: text(Array(completed.text.utf8)))
        missing.append(Step(node: try addJSON(constant), field: path, key: key(readerField.name)))
      } else {
        throw unresolvable(path, "the writer's schema lacks the field, and the reader's has no default for it")
      }
    }
    var list: [Step] = []
    for (index, writerField) in writerFields.enumerated() {
      if let readerField = sources[index] {
        let path = path(field, readerField.name)
        let inner = try json(writerField.type, as: readerField.type, field: path)
        list.append(Step(node: inner, field: path, key: key(readerField.name)))
      } else {
        list += try skip(writerField.type, field: path(field, writerField.name))
      }
    }
    list += missing
    jsonInstructions[node] = .record(first: append(list), count: list.count)
  }

  private mutating func key(_ name: String) -> Int {
    var bytes: [UInt8] = []
    appendJSONString(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    return text(bytes)
  }

  private mutating func addJSON(_ instruction: JSONInstruction) throws(AvroError) -> Int {
    try checkSize()
    jsonInstructions.append(instruction)
    return jsonInstructions.count - 1
  }
}
