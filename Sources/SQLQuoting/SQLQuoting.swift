/// `name` as an SQL identifier, in double quotes only where it needs them.
public func quotedIdentifier(_ name: String) -> String {
  let isPlain =
    name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
    && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
  if isPlain, !reservedWords.contains(name) { return name }
  return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

/// `text` as an SQL string constant.
public func quotedLiteral(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}

/// A field's path as one writes it in a definition, e.g. `"device".model`.
public func quotedPath(_ path: [String]) -> String {
  path.map(quotedIdentifier).joined(separator: ".")
}

/// What PostgreSQL 15 does not take as a bare column name, and type words that read badly without quotes.
private let reservedWords: Set<String> = Set(
  """
  all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
  char character check coalesce collate collation column concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
  desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
  grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading
  least left like limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric
  offset on only or order out outer overlaps overlay placing position precision primary real references returning right
  row select session_user setof similar smallint some substring symmetric table tablesample then time timestamp to
  trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes
  xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
  """.split(whereSeparator: \.isWhitespace).map(String.init))
