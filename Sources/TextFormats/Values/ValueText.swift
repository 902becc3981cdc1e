/// Values of columns, read from texts and numbers of events: the fields of CSV, the strings and numbers of JSON.
///
/// What is taken is taken as Postgres takes it (`Tests/CastsTests` compares them), white space around it included. Some
/// of what Postgres takes is refused, because in an event it is more likely a mistake: `docs/definitions.md` lists it.
/// Nothing is allocated for a value that is one, and the time that a text takes is bounded by its length.
public enum ValueText {}

/// The digit's value; 10 and more: it is none.
@inline(__always)
func digitValue(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "0") }
