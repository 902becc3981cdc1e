import Events

/// How records of one writer's schema become columns: a program, run by `ColumnLoops` and `RowReader`.
///
/// Lives as long as its decoder, because batches point to its texts.
final class DecodePlan {
  let instructions: UnsafeMutableBufferPointer<Instruction>
  let jsonInstructions: UnsafeMutableBufferPointer<JSONInstruction>
  let steps: UnsafeMutableBufferPointer<Step>
  let texts: UnsafeMutableBufferPointer<TextView>
  /// The steps of the whole record.
  let program: UnsafeMutableBufferPointer<Step>
  /// Paths of fields and reasons, for messages.
  let fields: [String]
  let reasons: [String]
  private let memory: PlanMemory

  /// Stands in a table of symbols for one that the reader does not have.
  static var unresolvedSymbol: TextView { TextView(start: TextView.empty.start, count: -1) }

  init(
    instructions: [Instruction], jsonInstructions: [JSONInstruction], steps: [Step], texts: [TextView],
    program: [Step], fields: [String], reasons: [String], memory: PlanMemory
  ) {
    self.instructions = copied(instructions)
    self.jsonInstructions = copied(jsonInstructions)
    self.steps = copied(steps)
    self.texts = copied(texts)
    self.program = copied(program)
    self.fields = fields
    self.reasons = reasons
    self.memory = memory
  }

  deinit {
    instructions.deallocate()
    jsonInstructions.deallocate()
    steps.deallocate()
    texts.deallocate()
    program.deallocate()
  }
}

/// Owns the bytes that a plan's texts point to.
final class PlanMemory {
  private var arena = TextArena(chunkSize: 4096)

  func append(_ bytes: [UInt8]) -> TextView {
    bytes.withUnsafeBufferPointer { arena.append($0) }
  }
}

private func copied<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
  let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
  _ = buffer.initialize(from: elements)
  return buffer
}
