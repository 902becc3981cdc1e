import Plan
import SQLFrontend

/// The table that a declaration is of.
func declared(_ text: String) throws -> Reference {
  let parsed = parseReferences([SourceFile(path: "sql/references/r.sql", text: text)])
  guard let reference = parsed.references.first, parsed.errors.isEmpty else { throw DefinitionErrors(parsed.errors) }
  return reference
}

let contents = """
  CREATE TABLE contents (content_id text PRIMARY KEY, publisher text, tier integer) WITH (refresh = '100 milliseconds');
  """
