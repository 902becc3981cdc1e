import Events
import Plan

/// Judges the events of a batch one by one by a condition. Used on one thread.
public final class EventFilter {
  private let program: Program
  private let register: Program.Register

  /// - Parameter batch: the batch that every `run` will be given.
  public init(_ condition: Expression, batch: EventBatch) {
    program = Program(batch: batch)
    register = program.compile(.isTrue(condition))
  }

  /// Evaluates the condition. Events that make it an error fail.
  public func run(_ batch: EventBatch) {
    program.run(batch)
  }

  /// Whether the condition was true of a row; NULL is not.
  public func passes(_ row: Int) -> Bool {
    program.registers[register].booleans[row] == 1
  }
}
