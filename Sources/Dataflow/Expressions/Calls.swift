import Events
import Functions
import Plan

/// A function of the catalogue, prepared for its arguments.
struct PreparedCall {
  let nullability: ScalarFunction.Nullability
  let kernel: Kernel
  /// Arguments of type text that no definition has written: nothing has said yet that they are one.
  let texts: [Int]

  init(_ function: ScalarFunction, _ prepared: PreparedFunction, _ arguments: [Expression]) {
    nullability = function.nullability
    kernel = prepared.kernel
    texts = arguments.indices.filter { position in
      if case .literal = arguments[position] { return false }
      return arguments[position].type == .text
    }
  }

  /// Computes the rows of the mask whose arguments the function takes.
  func run(_ inputs: [Column], _ output: Column, _ failing: FailingRows, _ count: Int) {
    let isText = output.type.physical == .text
    inputs.withUnsafeBufferPointer { inputs in
      markNulls(inputs, output, count)
      var row = CallRow(inputs: inputs, output: output, batch: failing.batch)
      for index in 0..<count {
        // What is skipped must not point to an earlier batch's texts.
        if isText { output.texts[index] = .empty }
        guard output.validity[index] == 1, failing.isReached(index) else { continue }
        row.index = index
        guard areStorable(inputs, index) else {
          failing.fail(index, output, .invalidUTF8, "a text is not UTF-8, or holds a zero byte")
          continue
        }
        do throws(ScalarError) {
          try kernel(&row)
        } catch {
          failing.fail(index, output, error.code, error.message)
        }
      }
    }
  }

  /// Where the result is NULL because of the arguments.
  private func markNulls(_ inputs: UnsafeBufferPointer<Column>, _ output: Column, _ count: Int) {
    guard output.isNullable else { return }
    switch nullability {
    case .never, .decided: output.validity.update(repeating: 1, count: count)
    case .first: output.validity.update(from: inputs[0].validity, count: count)
    case .strict, .strictAndMore:
      output.validity.update(repeating: 1, count: count)
      for input in inputs where input.isNullable {
        for row in 0..<count { output.validity[row] &= input.validity[row] }
      }
    case .allNull:
      output.validity.update(repeating: 0, count: count)
      for input in inputs {
        for row in 0..<count { output.validity[row] |= input.validity[row] }
      }
    }
  }

  private func areStorable(_ inputs: UnsafeBufferPointer<Column>, _ row: Int) -> Bool {
    for text in texts where inputs[text].validity[row] == 1 && !isStorableText(inputs[text].texts[row]) { return false }
    return true
  }
}
