import Plan
import SQLFrontend
import Testing

@Suite struct StreamTests {
  private func stream(_ options: String) throws -> StreamDefinition {
    try parseStream(
      SourceFile(
        path: "s.sql",
        text: """
          CREATE FOREIGN TABLE s () SERVER kafka OPTIONS (
            topic 't', format 'avro', schema 'a.avsc', event_time 'meta.created'\(options));
          """)
    ).definition
  }

  @Test("options that may be left out have defaults")
  func defaults() throws {
    let stream = try stream("")
    #expect(stream.eventTime == ["meta", "created"])
    #expect(stream.outOfOrdernessMicroseconds == 5_000_000)
    #expect(stream.idleTimeoutMicroseconds == 10_000_000)
    #expect(stream.maxAheadMicroseconds == 86_400_000_000)
    #expect(stream.deadLetterTopic == nil)
    #expect(stream.framing == .automatic)
  }

  @Test(
    "a framing is named as the wire formats are",
    arguments: [
      ("auto", StreamDefinition.Framing.automatic), ("bare", .bare), ("single-object", .singleObject),
      ("confluent", .confluent),
    ])
  func framing(_ name: String, _ framing: StreamDefinition.Framing) throws {
    #expect(try stream(", framing '\(name)'").framing == framing)
  }
}
