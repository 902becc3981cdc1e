import Avro
import Plan

/// A project as Flink SQL: the files of the export.
public struct FlinkExport: Sendable {
  /// A stream with its aggregates.
  public struct Stream: Sendable {
    public var plan: StreamPlan
    /// How records of the reader schema are encoded; nil of formats without one.
    public var layout: AvroLayout?
    /// Where our processors have stopped; nil: the topic is read from where it begins.
    public var beginning: FlinkBeginning?

    public init(plan: StreamPlan, layout: AvroLayout?, beginning: FlinkBeginning? = nil) {
      self.plan = plan
      self.layout = layout
      self.beginning = beginning
    }
  }

  public struct File: Hashable, Sendable {
    public var path: String
    public var text: String
    public var isProgram: Bool

    public init(path: String, text: String, isProgram: Bool = false) {
      self.path = path
      self.text = text
      self.isProgram = isProgram
    }
  }

  /// In the order in which they are read.
  public let files: [File]
  /// What differs without being wrong, a line each.
  public let remarks: [String]

  /// - Parameters:
  ///   - project: what the README calls the project.
  ///   - without: aggregates that are left out.
  /// - Throws: all that is refused.
  public init(_ streams: [Stream], project: String, without: Set<String> = []) throws(FlinkRefusals) {
    var findings = FlinkFindings()
    var sources: [String] = []
    var sinks: [String] = []
    var inserts: [String] = []
    var postgres: [String] = []
    var postgresBack: [String] = []
    var lookups: [String: (reference: Reference, used: Set<Int>)] = [:]
    var written: [FlinkReadme.Table] = []
    for stream in streams {
      let aggregates = stream.plan.aggregates.filter { !without.contains($0.name) }
      guard !aggregates.isEmpty else { continue }
      let source = FlinkSource(
        stream.plan(of: aggregates), layout: stream.layout, beginning: stream.beginning, findings: &findings)
      sources += source.statements
      if let letters = FlinkDeadLetters(stream.plan.definition, beginning: stream.beginning) {
        sources.append(letters.source)
        sinks.append(letters.sink)
        inserts.append(letters.insert)
      }
      for plan in aggregates {
        let aggregate = FlinkAggregate(
          plan, of: source, boundary: stream.beginning?.boundaries[plan.name], findings: &findings)
        sources.append(aggregate.rows)
        sinks.append(aggregate.sink)
        inserts.append(aggregate.insert)
        postgres += aggregate.postgres
        postgresBack += aggregate.postgresBack
        written.append(
          FlinkReadme.Table(
            aggregate: plan.name, table: aggregate.table, isOwn: !aggregate.postgres.isEmpty,
            retentionMicroseconds: plan.retentionMicroseconds))
        for (name, columns) in aggregate.lookedUp {
          guard let join = plan.joins.first(where: { $0.reference.name == name }) else { continue }
          lookups[name] = (join.reference, columns.union(lookups[name]?.used ?? []))
        }
      }
    }
    let references = lookups.keys.sorted().compactMap { lookups[$0] }.map {
      FlinkReference.statement($0.reference, used: $0.used, findings: &findings)
    }
    if written.isEmpty {
      findings.refuse(
        FlinkRefusal(
          subject: streams.first?.plan.definition.name ?? "", message: "there is no aggregate to export",
          hint: "leave out fewer of them"))
    }
    try findings.check()
    remarks = findings.remarks
    var files = [
      File(path: "00_settings.sql", text: Self.settings(project)),
      File(path: "10_sources.sql", text: Self.text("-- What is read.", references + sources)),
      File(
        path: "20_sinks.sql",
        text: Self.text(
          "-- Postgres' tables, as streampulse migrate makes them, and topics of dead letters.", sinks)),
      File(
        path: "30_statements.sql",
        text: Self.text("-- One job: its aggregates share what is read of a topic.", [Self.statementSet(inserts)])
      ),
    ]
    if !postgres.isEmpty {
      files.append(
        File(
          path: "postgres.sql",
          text: Self.transaction(
            "-- For psql, once, after streampulse migrate: tables for what Flink computes by functions of its own.",
            postgres)))
      files.append(
        File(
          path: "postgres-back.sql",
          text: Self.transaction(
            "-- For psql, on the way back: takes these tables away, with their rows.", postgresBack)))
    }
    files.append(File(path: "submit.sh", text: FlinkReadme.submit, isProgram: true))
    files.append(
      File(
        path: "README.md",
        text: FlinkReadme(
          project: project, tables: written, without: without.sorted(), remarks: findings.remarks,
          hasRegistry: streams.contains { if case .subject? = $0.plan.definition.schema { true } else { false } },
          isHandover: streams.contains { $0.beginning != nil }
        ).text))
    self.files = files
  }

  private static func text(_ comment: String, _ statements: [String]) -> String {
    ([comment] + statements).joined(separator: "\n\n") + "\n"
  }

  private static func transaction(_ comment: String, _ statements: [String]) -> String {
    text(comment, (["BEGIN"] + statements + ["COMMIT"]).map { $0 + ";" })
  }

  private static func settings(_ project: String) -> String {
    """
    -- Times are UTC's, and results are written when their window closes.
    SET 'pipeline.name' = \(FlinkText.literal("streampulse \(project)"));
    SET 'execution.runtime-mode' = 'streaming';
    SET 'table.local-time-zone' = 'UTC';
    -- A row of a window is written once; what is written again after a restart is the same row.
    SET 'table.exec.sink.upsert-materialize' = 'NONE';
    SET 'execution.checkpointing.interval' = '10 s';

    """
  }

  private static func statementSet(_ inserts: [String]) -> String {
    "EXECUTE STATEMENT SET\nBEGIN\n\n\(inserts.joined(separator: "\n\n"))\n\nEND;"
  }
}

extension FlinkExport.Stream {
  fileprivate func plan(of aggregates: [AggregatePlan]) -> StreamPlan {
    var plan = plan
    plan.aggregates = aggregates
    return plan
  }
}
