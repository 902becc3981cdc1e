import Events

@testable import PostgresOracle

/// An event of a random stream.
struct RandomEvent {
  /// In the order of the stream's columns.
  var values: [Datum?]
  var partition: Int32
}

/// Events that come in disorder and repeat themselves, with NULLs, extremes, and few values enough for groups.
struct RandomEvents {
  static let partitions: Int32 = 4

  /// How long the events take, in microseconds: windows are chosen to be a part of it.
  let span: Int64
  private(set) var events: [RandomEvent] = []
  private let columns: [StreamColumn]

  private static let minute: Int64 = 60_000_000
  private static let hour = 60 * minute
  private static let day = 24 * hour

  /// Moments at which the clocks of one zone or another are changed, or a year or a month begins; all before today.
  private static let moments: [Int64] = [
    1_711_846_800, 1_729_990_800, 1_710_054_000, 1_730_613_600, 1_325_239_200, 1_541_300_400, 1_712_415_600,
    1_704_067_200, 1_709_164_800, 951_782_400,
  ]

  init(_ stream: RandomStream, count: Int, _ random: inout RandomValues) {
    columns = stream.columns
    span = random.pick([90_000_000, 20 * Self.minute, 3 * Self.hour, 2 * Self.day, 12 * Self.day, 100 * Self.day])
    let begin = random.pick(Self.moments) * 1_000_000 - span / 2
    let favourites = columns.map { column in (0..<3).map { _ in Self.value(column, &random) } }
    for number in 0..<count {
      if number > 2, random.chance(8) {
        // The same again, from wherever.
        var event = random.pick(events)
        event.partition = Int32.random(in: 0..<Self.partitions, using: &random)
        events.append(stamped(event))
        continue
      }
      let jitter = Int64.random(in: -span / 10...span / 10, using: &random)
      let time = begin + span / Int64(count) * Int64(number) + jitter
      var values = columns.indices.map { index in
        random.chance(3) ? Self.value(columns[index], &random) : random.pick(favourites[index])
      }
      // Whole seconds now and then, which are where windows begin.
      let exact = random.chance(3) ? time / 60_000_000 * 60_000_000 : time
      values[0] = columns[0].form.fitted(.integer(exact), .timestamptz)
      events.append(
        stamped(RandomEvent(values: values, partition: Int32.random(in: 0..<Self.partitions, using: &random))))
    }
  }

  /// With what the record's place says.
  private func stamped(_ event: RandomEvent) -> RandomEvent {
    var event = event
    for (index, column) in columns.enumerated() {
      if case .metadata(.partition) = column.form { event.values[index] = .integer(Int64(event.partition)) }
    }
    return event
  }

  private static func value(_ column: StreamColumn, _ random: inout RandomValues) -> Datum? {
    if column.isNullable, random.chance(6) { return nil }
    while true {
      guard let value = any(column, &random), let fitted = column.form.fitted(value, column.column.type) else {
        continue
      }
      return fitted
    }
  }

  private static func any(_ column: StreamColumn, _ random: inout RandomValues) -> Datum? {
    switch (column.column.type, column.form) {
    case (.array(let element), let form):
      .array(
        (0..<random.pick([0, 1, 1, 2, 3, 4])).map { _ in
          random.chance(6)
            ? nil
            : any(
              StreamColumn(
                column: EventColumn("", element.type), path: [], form: form.element, isNullable: true,
                isTame: column.isTame),
              &random)
        }, of: element)
    case (.jsonb, .avro(.arrayOfLongs)):
      .text(
        "["
          + (0..<Int.random(in: 0...3, using: &random)).map { _ in
            "\(Int64.random(in: -3...99, using: &random))"
          }.joined(separator: ",") + "]")
    case (.jsonb, .avro):
      .text(
        "{"
          + ["a", "b", "é"].filter { _ in random.chance(2) }.map { "\"\($0)\":\"\(random.pick(["x", "y"]))\"" }
          .joined(separator: ",") + "}")
    case (.jsonb, _):
      .text(
        random.pick([
          #"{"a":1,"b":[1,2]}"#, #"[1,{"b":null}]"#, #"{"a":{"a":[0,"é"]}}"#, "5", #""x""#, "[]", "{}", "true",
          #"{"é":"1","":2.50}"#,
        ]))
    case (.integer, _) where column.isTame: .integer(Int64.random(in: -9...9, using: &random))
    case (.bigint, _) where column.isTame: .integer(Int64.random(in: -99_999...99_999, using: &random))
    case (.numeric(let scale), _) where column.isTame:
      .decimal(Int128(Int64.random(in: -99_999...99_999, using: &random)), scale: scale)
    case (.doublePrecision, _) where column.isTame: .double(Double(Int.random(in: -40...40, using: &random)) / 4)
    default: random.value(for: column.column)
    }
  }
}
