import FlinkDialect
import Plan
import Project
import Testing

/// Exports that go on where processors of ours have stopped.
@Suite struct BeginningTests {
  private static func export(_ folder: String, without: Set<String>) throws -> FlinkExport {
    let project = try Project(folder: repository + folder)
    return try FlinkExport(
      project.streams.map { stream in
        let boundaries = stream.plan.aggregates.map { ($0.name, Int64(1_767_225_660_000_000)) }
        return FlinkExport.Stream(
          plan: stream.plan, layout: stream.layout,
          beginning: FlinkBeginning(
            topic: "another", starts: [1: 7, 0: 42], positions: [0: 50, 1: 70],
            boundaries: Dictionary(uniqueKeysWithValues: boundaries)))
      }, project: "test", without: without)
  }

  @Test("the topic is read from the offsets on, and no event of a window that is ours is taken")
  func offsets() throws {
    let sources = try Self.export("", without: ["region_errors"]).line("10_sources.sql")
    #expect(sources.contains("'topic' = 'another'"))
    #expect(
      sources.contains(
        "'scan.startup.mode' = 'specific-offsets', 'scan.startup.specific-offsets' = 'partition:0,offset:42;partition:1,offset:7'"
      ))
    #expect(sources.contains("WHERE s.`event time` >= TO_TIMESTAMP_LTZ(1767225660000, 3)"))
    #expect(!sources.contains("earliest-offset"))
  }

  @Test("dead letters go on behind those that are in their topic; windows that overlap begin at the boundary or later")
  func letters() throws {
    let trips = try Self.export("/projects/trips", without: [])
    let positions = "'scan.startup.specific-offsets' = 'partition:0,offset:50;partition:1,offset:70', 'format' = 'raw'"
    #expect(trips.line("10_sources.sql").contains(positions))
    let statements = trips.line("30_statements.sql")
    let bounded = "WHERE window_start >= CAST(TO_TIMESTAMP_LTZ(1767225660000, 3) AS TIMESTAMP(3)) GROUP BY"
    // Of tumbling windows the events' times alone decide.
    #expect(statements.contains("HOP(") == statements.contains(bounded))
  }

  @Test(
    "the first window that is open at a watermark",
    arguments: [
      (WindowAssigner.tumble(sizeMicroseconds: 60), 130, 120), (.tumble(sizeMicroseconds: 60), 120, 120),
      (.hop(slideMicroseconds: 30, sizeMicroseconds: 120), 194, 90),
      (.hop(slideMicroseconds: 30, sizeMicroseconds: 120), 210, 120),
      (.session(gapMicroseconds: 5, maximumMicroseconds: 60), 119, 60),
      (.session(gapMicroseconds: 5, maximumMicroseconds: nil), 119, nil),
    ] as [(WindowAssigner, Int64, Int64?)])
  func open(_ window: WindowAssigner, _ watermark: Int64, _ start: Int64?) {
    #expect(window.firstOpen(at: WindowAssigner.origin + watermark) == start.map { WindowAssigner.origin + $0 })
  }
}
