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
  /// The fewest bytes that the steps of `program` from each one on read; zero behind the last.
  let needs: UnsafeMutableBufferPointer<Int>
  /// What `ColumnLoops` read in place of a record that failed: as many as one run through the program takes.
  let zeros: TextView
  /// Paths of fields and reasons, for messages.
  let fields: [String]
  let reasons: [String]
  /// By the table of symbols, for messages.
  let enumerations: [Int: EnumerationNames]
  private let memory: PlanMemory

  /// Longer skips are no matter for a loop over many records: they would make `zeros` long.
  static let maximumSkip = 1024

  /// Stands in a table of symbols for one that the reader does not have.
  static var unresolvedSymbol: TextView { TextView(start: TextView.empty.start, count: -1) }

  init(
    instructions: [Instruction], jsonInstructions: [JSONInstruction], steps: [Step], texts: [TextView],
    program: [Step], fields: [String], reasons: [String],
    enumerations: [Int: EnumerationNames], memory: PlanMemory
  ) {
    self.instructions = copied(instructions)
    self.jsonInstructions = copied(jsonInstructions)
    self.steps = copied(steps)
    self.texts = copied(texts)
    self.program = copied(program)
    self.fields = fields
    self.reasons = reasons
    self.enumerations = enumerations
    self.memory = memory
    var needs = [0]
    var most = 0
    for step in program.reversed() {
      let fewest = instructions[step.node].minimumSize
      needs.append(needs[needs.count - 1] + fewest)
      // Of zeros, a number or a text takes one byte, a tag before it another, and a double eight.
      most += fewest <= DecodePlan.maximumSkip ? max(fewest, 9) : 0
    }
    self.needs = copied(needs.reversed())
    zeros = memory.append([UInt8](repeating: 0, count: most))
  }

  deinit {
    instructions.deallocate()
    jsonInstructions.deallocate()
    steps.deallocate()
    texts.deallocate()
    program.deallocate()
    needs.deallocate()
  }
}

/// An enum in words.
struct EnumerationNames {
  /// The reader's, with its kind: `enum my.ns.Status`.
  var name: String
  /// The writer's.
  var symbols: [String]
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
