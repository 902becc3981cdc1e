import Postgres
import SQLQuoting

/// Where a project keeps its books: in a schema beside that of its results, so that several projects share a database
/// without knowing of each other.
extension PostgresConnection {
  /// The schema of the engine's own tables, quoted: `pulse`, or of a project whose results are in a schema `trips`,
  /// `trips_pulse`.
  package var pulse: String { quotedIdentifier(Bookkeeping.schema(of: schema)) }

  /// The schema of the tables that a replay is filling, not quoted.
  package var replaySchema: String { Bookkeeping.schema(of: schema) + "_replay" }
}

/// How the schema of the books is called.
package enum Bookkeeping {
  /// - Parameter results: the schema of the results; nil: `public`.
  package static func schema(of results: String?) -> String {
    results.map { $0 + "_pulse" } ?? "pulse"
  }

  /// A file of the engine's schema for a project whose results are in `results`: the files are written for `public`.
  static func text(_ file: String, for results: String?) -> String {
    guard let results else { return file }
    let schema = schema(of: results)
    // Simple boundaries: to Unicode the point in `pulse.seal` is in the middle of a word.
    return file.replacing(/\bpulse(_replay)?\b/.wordBoundaryKind(.simple)) {
      quotedIdentifier(schema + ($0.output.1 ?? ""))
    }
  }
}
