import Events
import Postgres

/// Which dead letters are meant; what is nil or empty leaves nobody out.
public struct LetterFilter: Sendable {
  public var stream: String?
  public var ids: [Int64] = []
  public var code: String?
  public var partition: Int32?
  /// As Postgres reads a `timestamptz`.
  public var since: String?

  /// The codes that letters have.
  public static let codes = EventErrorCode.allCases.map(\.rawValue)

  public init(stream: String? = nil) {
    self.stream = stream
  }

  /// A condition over `dead_letters AS d`, which uses `$1` to `$5`.
  package static let condition = """
    ($1::text IS NULL OR d.stream = $1) AND (cardinality($2::bigint[]) = 0 OR d.id = ANY ($2)) AND ($3::text IS NULL OR d.code = $3)
      AND ($4::bigint IS NULL OR d.partition = $4) AND ($5::timestamptz IS NULL OR d.created_at >= $5)
    """

  package var parameters: [PostgresParameter] {
    var numbers = PostgresArray(.bigint)
    for id in ids { numbers.append(id) }
    return [
      stream.map { .text($0) } ?? .null, .array(numbers), code.map { .text($0) } ?? .null,
      partition.map { .bigint(Int64($0)) } ?? .null,
      since.map { .untyped($0) } ?? .null,
    ]
  }
}
