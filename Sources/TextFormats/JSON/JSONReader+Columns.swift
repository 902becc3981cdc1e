import Events
import Plan

/// The columns of a node get its value, or refuse it.
extension JSONReader {
  /// Gives NULL to the columns at the node and below, which all take it.
  func writeNulls(_ node: Int, _ row: Int) {
    for column in tree.nodes[node].all { setNull(columns[tree.columns[column].index], row) }
  }

  mutating func writeNull(_ node: Int) {
    for column in tree.nodes[node].own {
      meet(column)
      let target = tree.columns[column]
      if target.isNullable {
        setNull(columns[target.index], row)
      } else {
        refuse(column, .missingValue, "the member is null, and the column is declared NOT NULL")
      }
    }
  }

  mutating func write(_ node: Int, boolean value: Bool, _ text: TextView) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        try target.write(boolean: value, text, to: values, row)
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  /// An array or an object, as it stands in the document.
  mutating func write(_ node: Int, container text: TextView, _ kind: JSONKind, hasZero: Bool, hasWideNumber: Bool) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        if let array = tree.arrays[column] {
          values.texts[row] = try array.read(
            text, hasZero: hasZero, hasWideNumber: hasWideNumber, into: &batch.arena)
        } else if target.type == .jsonb {
          try target.write(document: text, hasZero: hasZero, hasWideNumber: hasWideNumber, to: values, row)
        } else {
          throw ValueFault(.wrongType, "\(kind.name) where \(target.wanted) is declared")
        }
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  mutating func write(_ node: Int, number: JSONNumber) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        try target.write(number: number, to: values, row)
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  mutating func write(_ node: Int, text: JSONText) {
    for column in tree.nodes[node].own {
      let (target, values) = take(column)
      do throws(ValueFault) {
        try target.write(text: text, to: values, row, &batch.arena)
      } catch {
        refuse(column, error.code, error.message)
      }
    }
  }

  /// Why Postgres could not make `jsonb` of a document.
  @inline(__always)
  static func fault(hasZero: Bool, hasWideNumber: Bool) -> ValueFault? {
    if hasZero { return ValueFault(.untranslatable, "the value holds U+0000, which jsonb cannot hold") }
    guard hasWideNumber else { return nil }
    return ValueFault(.outOfRange, "a number in the value is out of the range of numeric, which jsonb has")
  }

  /// The column is about to get a value.
  private mutating func take(_ column: Int) -> (JSONColumn, Column) {
    meet(column)
    let target = tree.columns[column]
    let values = columns[target.index]
    if target.isNullable { values.validity[row] = 1 }
    return (target, values)
  }
}

/// The old view may point to memory that is gone.
@inline(__always)
func setNull(_ column: Column, _ row: Int) {
  column.validity[row] = 0
  if column.type.physical == .text { column.texts[row] = .empty }
}
