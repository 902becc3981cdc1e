import JSON
import Plan
import Replay
import Synthesis
import Testing

@Suite struct CSVLayoutTests {
  private let names = ["trip_id", "region_id", "event_time", "note"]
  private let stream = StreamDefinition(
    name: "trips", topic: "events", format: .json,
    columns: [
      DeclaredColumn(name: "region_id", type: .integer, isNullable: false),
      DeclaredColumn(name: "event_time", type: .timestamptz, isNullable: false, path: [.member("at"), .element(0)]),
      DeclaredColumn(name: "fare", type: .doublePrecision),
    ],
    eventTime: ["event_time"], outOfOrdernessMicroseconds: 0, idleTimeoutMicroseconds: 0, maxAheadMicroseconds: 0,
    deadLetterTopic: nil)

  @Test("without a stream values are guessed, unless they are to stay texts; the time is the usual column")
  func guessed() throws {
    let layout = try CSVLayout(names: names, stream: nil, wishes: ColumnWishes(texts: ["note"], key: "region_id"))
    let kinds = layout.columns.map { column in
      if case .texts = column.values { "text" } else if case .guessed = column.values { "guessed" } else { "declared" }
    }
    #expect(kinds == ["guessed", "guessed", "guessed", "text"])
    #expect(layout.time?.column == 2 && layout.key == 1 && layout.order == nil)
    #expect(try CSVLayout(names: ["a", "time"], stream: nil, wishes: ColumnWishes(time: "a")).time?.column == 0)
    #expect(try CSVLayout(names: ["a"], stream: nil, wishes: ColumnWishes()).time == nil)
  }

  @Test("with a stream columns are found by their names, in any order; others are sent, too")
  func declared() throws {
    let layout = try CSVLayout(names: names, stream: stream, wishes: ColumnWishes())
    #expect(layout.order == [1, 2, nil])
    #expect(layout.time?.column == 2)
    #expect(layout.columns[2].path == [.member("at"), .element(0)])
    #expect(layout.columns[0].path == [.member("trip_id")])
    #expect(
      try CSVLayout(names: ["region_id", "event_time", "fare"], stream: stream, wishes: ColumnWishes()).order == nil)
  }

  @Test(
    "wishes that the file cannot meet are refused with its columns",
    arguments: [
      (["a", "b", "a"], ColumnWishes(), "the file has two columns “a”"),
      (["a", "b"], ColumnWishes(key: "c"), "--key: the file has no column “c”; it has a, b"),
      (["a", "b"], ColumnWishes(time: "c"), "--time: the file has no column “c”; it has a, b"),
      (["a", "b"], ColumnWishes(texts: ["*", "c"]), "--text: the file has no column “c”; it has a, b"),
    ])
  func refused(names: [String], wishes: ColumnWishes, message: String) {
    let error = #expect(throws: SettingError.self) { _ = try CSVLayout(names: names, stream: nil, wishes: wishes) }
    #expect(error?.description == message)
  }

  @Test("a file without a column that the stream needs is refused, unless malformed lines are wanted")
  func missing() throws {
    let names = ["region_id", "note"]
    let error = #expect(throws: SettingError.self) {
      _ = try CSVLayout(names: names, stream: stream, wishes: ColumnWishes())
    }
    #expect(error?.description.contains("no column “event_time”, which the stream trips declares NOT NULL") == true)
    #expect(
      try CSVLayout(names: names, stream: stream, wishes: ColumnWishes(sendsMalformed: true)).order == [0, nil, nil])
    let other = #expect(throws: SettingError.self) {
      _ = try CSVLayout(names: ["4", "2025-01-01"], stream: stream, wishes: ColumnWishes(sendsMalformed: true))
    }
    #expect(other?.description.contains("Has the file a header? --no-header says no") == true)
  }

  @Test("columns that make no JSON are refused")
  func noJSON() throws {
    let unnamed = try CSVLayout(names: ["a", ""], stream: nil, wishes: ColumnWishes())
    #expect(throws: SettingError("column 2 has no name to become a member of JSON; give the names by --columns")) {
      try unnamed.jsonForm()
    }
    let conflict = try CSVLayout(names: ["region_id", "event_time", "at"], stream: stream, wishes: ColumnWishes())
    let error = #expect(throws: SettingError.self) { try conflict.jsonForm() }
    #expect(error?.description.contains("the column at does not go together") == true)
  }
}
