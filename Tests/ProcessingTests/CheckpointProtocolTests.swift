import Dataflow
import Events
import Kafka
import Postgres
import Project
import Testing

@testable import Processing
@testable import ProcessingTestSupport

/// Each test is a conversation: what happened, and what is to be done next.
@Suite struct CheckpointProtocolTests {
  private var machine = CheckpointProtocol(
    limits: .init(flushInterval: 20_000, maxGroups: 100, maxBytes: 1000), now: 0)

  private mutating func decide(
    at now: Int64, unsealed: Int64 = 0, watermark: Bool = false, groups: Int = 0, bytes: Int = 0,
    silence: Int64 = 0
  ) -> CheckpointProtocol.Action {
    machine.decide(
      .init(
        now: now, unsealedOffsets: unsealed, hasWatermarkNews: watermark, groupCount: groups, byteCount: bytes,
        silence: silence))
  }

  /// How many flushes there are in a second of a steady stream, each of which takes the sink 5 ms.
  private mutating func flushes(recordsPerSecond rate: Int64) -> Int {
    var sealed: Int64 = 0
    var busyUntil: Int64 = 0
    var count = 0
    for now in stride(from: Int64(0), to: 1_000_000, by: 1_000) {
      if machine.isSinkBusy, now >= busyUntil { machine.sinkFinished() }
      let arrived = now * rate / 1_000_000
      guard decide(at: now, unsealed: arrived - sealed) == .flush else { continue }
      sealed = arrived
      busyUntil = now + 5_000
      machine.submitted(.flush, now: now)
      count += 1
    }
    return count
  }

  @Test("however many workers share the memory, each of them reads on while a flush is written", arguments: [1, 9, 64])
  func sharedMemory(workers: Int) throws {
    let settings = ProcessorSettings(
      kafka: KafkaConfiguration(bootstrapServers: "b"), topic: Bench.topic, group: "g",
      database: ConnectionSettings(host: "h", port: 1, database: "d", user: "u", password: nil), owner: "o",
      workers: workers)
    let limits = settings.limits
    #expect(settings.retainedBytes < limits.maxBytes)
    #expect(workers > 16 || (settings.retainedBytes + limits.maxBytes) * workers <= settings.maxDeltaBytes)

    let stream = try Project(folder: repository).streams[0]
    let batch = EventBatch(specs: stream.plan.columns, capacity: 500)
    let decoder = try stream.makeDecoder()
    let windows = WindowOperator(stream.plan, batch: batch, seed: 1, retainedBytes: settings.retainedBytes)
    let empty = windows.memory
    var offset: Int64 = 0
    func read(keyBytes: Int) throws {
      let padding = String(repeating: "x", count: keyBytes)
      let downloads = (0..<500).map { Download(content: "\(offset)-\($0)-\(padding)", region: "\(offset)-\($0)") }
      let records = RecordBatch(copying: downloads.map(\.encoded), partition: 0, firstOffset: offset)
      decoder.decode(records, into: batch)
      let run = PartitionRun(partition: 0, rows: 0..<500)
      #expect(windows.process(batch, runs: [run], now: .max / 2, watermark: nil)[0].dead == 0)
      offset += 500
    }
    func facts(_ now: Int64) -> CheckpointProtocol.Facts {
      CheckpointProtocol.Facts(
        now: now, unsealedOffsets: 500, hasWatermarkNews: false, groupCount: 0, byteCount: windows.deltaMemory,
        silence: 0)
    }
    var machine = CheckpointProtocol(limits: limits, now: 0)
    for round in 1...4 as ClosedRange<Int64> {
      // More keys than a worker may keep.
      let stop = empty + settings.retainedBytes * 5 / 4
      while windows.memory < stop, windows.deltaMemory < limits.maxBytes { try read(keyBytes: 1500) }
      #expect(machine.decide(facts(round * 1_000_000)) == .flush)
      machine.submitted(.flush, now: round * 1_000_000)
      _ = windows.drain()
      try read(keyBytes: 10)
      #expect(machine.decide(facts(round * 1_000_000)) == .read)
      machine.sinkFinished()
    }
  }

  @Test(
    "transactions are as frequent as the records are worth it, between five and fifty a second",
    arguments: [
      (100, 19), (1_000, 19), (3_000, 29), (10_000, 49), (100_000, 49), (300_000, 9), (1_000_000, 4),
    ])
  mutating func cadence(recordsPerSecond: Int64, expected: Int) {
    #expect(flushes(recordsPerSecond: recordsPerSecond) == expected)
  }

  @Test("a record after a silence is flushed at once")
  mutating func singleRecord() {
    #expect(decide(at: 5_000_000) == .read)
    #expect(decide(at: 5_000_001, unsealed: 1) == .flush)
  }

  @Test(
    "a read waits no longer than until the next flush is due",
    arguments: [(Int64(0), Int64(20_000)), (1, 20_000), (99, 20_000), (100, 5_000), (5_001, 20_000)])
  func readTimeout(unsealed: Int64, expected: Int64) {
    let facts = CheckpointProtocol.Facts(
      now: 15_000, unsealedOffsets: unsealed, hasWatermarkNews: false, groupCount: 0, byteCount: 0, silence: 0)
    #expect(machine.readTimeout(facts) == expected)
  }

  @Test("assigned partitions are claimed before they are read")
  mutating func claim() {
    #expect(decide(at: 0) == .read)
    machine.assigned([0, 1])
    #expect(decide(at: 1) == .claim([0, 1]))
    machine.submitted(.claim([0, 1]), now: 1)
    #expect(decide(at: 2) == .read)
    machine.sinkFinished()
    #expect(decide(at: 3) == .read)
  }

  @Test("records are flushed when the interval is over, and the next delta grows while the sink is busy")
  mutating func flush() {
    #expect(decide(at: 19_999, unsealed: 100) == .read)
    #expect(decide(at: 20_000, unsealed: 99) == .read)
    #expect(decide(at: 20_000, unsealed: 5_001) == .read)
    #expect(decide(at: 49_999, unsealed: 99) == .read)
    #expect(decide(at: 50_000, unsealed: 99) == .flush)
    #expect(decide(at: 99_999, unsealed: 5_001) == .read)
    #expect(decide(at: 100_000, unsealed: 5_001) == .flush)
    #expect(decide(at: 199_999, unsealed: 50_001) == .read)
    #expect(decide(at: 200_000, unsealed: 50_001) == .flush)
    #expect(decide(at: 40_000, unsealed: 50_001, silence: 19_999) == .read)
    #expect(decide(at: 40_000, unsealed: 50_001, silence: 20_000) == .flush)
    #expect(decide(at: 20_000, unsealed: 100) == .flush)
    machine.submitted(.flush, now: 50_000)
    #expect(decide(at: 200_000, unsealed: 1) == .read)
    machine.sinkFinished()
    #expect(decide(at: 200_000, unsealed: 1) == .flush)
  }

  @Test("without records only the watermark is stored, once a second")
  mutating func idle() {
    #expect(decide(at: 900_000, watermark: true) == .read)
    #expect(decide(at: 1_000_000, watermark: true) == .flush)
    #expect(decide(at: 5_000_000) == .read)
  }

  @Test("a delta at its bounds stops reading while the sink is busy", arguments: [(100, 0), (0, 1000)])
  mutating func backPressure(groups: Int, bytes: Int) {
    machine.submitted(.flush, now: 0)
    #expect(decide(at: 1, unsealed: 1, groups: 99, bytes: 999) == .read)
    #expect(decide(at: 1, unsealed: 1, groups: groups, bytes: bytes) == .wait)
  }

  @Test("a delta at its bounds is flushed at once by a free sink", arguments: [(100, 0), (0, 1000)])
  mutating func fullDelta(groups: Int, bytes: Int) {
    #expect(decide(at: 1, unsealed: 1, groups: groups, bytes: bytes) == .flush)
  }

  @Test("memory that no flush gives back does not stop the reading for ever")
  mutating func retainedMemory() {
    #expect(decide(at: 1, bytes: 1_000_000) == .read)
    #expect(decide(at: 2_000_000, watermark: true, bytes: 1_000_000) == .flush)
  }

  @Test("a claim that the broker could not answer for is not repeated at once")
  mutating func failedClaim() {
    machine.assigned([3])
    #expect(decide(at: 10) == .claim([3]))
    machine.claimFailed(now: 10)
    #expect(decide(at: 200_009) == .read)
    #expect(decide(at: 200_010) == .claim([3]))
  }

  @Test("revoked partitions are released when all that was read is committed")
  mutating func revocation() {
    machine.submitted(.flush, now: 0)
    machine.revoked([1], now: 10)
    #expect(decide(at: 10, unsealed: 1) == .wait)
    machine.sinkFinished()
    #expect(decide(at: 20, unsealed: 1) == .flush)
    machine.submitted(.flush, now: 20)
    #expect(decide(at: 30) == .wait)
    machine.sinkFinished()
    #expect(decide(at: 40) == .release([1]))
    machine.released()
    #expect(decide(at: 50) == .read)
  }

  @Test("a partition that is revoked before its claim is not claimed")
  mutating func revokedBeforeClaim() {
    machine.assigned([0, 1])
    machine.revoked([1], now: 0)
    #expect(decide(at: 1) == .release([1]))
    machine.released()
    #expect(decide(at: 1) == .claim([0]))
  }

  @Test("a partition that is assigned again without a release in between was lost: nothing uncommitted is kept")
  mutating func assignedTwice() {
    machine.assigned([0, 1])
    machine.submitted(.claim([0, 1]), now: 0)
    machine.assigned([1, 2])
    #expect(decide(at: 1) == .abandon(.lostPartitions))
  }

  @Test("a partition that was released may be assigned again")
  mutating func assignedAgain() {
    machine.assigned([0, 1])
    machine.revoked([1], now: 0)
    #expect(decide(at: 1) == .release([1]))
    machine.released()
    machine.assigned([1])
    #expect(decide(at: 2) == .claim([0, 1]))
  }

  @Test("a release that cannot be flushed in time abandons everything uncommitted")
  mutating func releaseTimeout() {
    machine.submitted(.flush, now: 0)
    machine.revoked([1], now: 0)
    #expect(decide(at: 9_999_999, unsealed: 1) == .wait)
    #expect(decide(at: 10_000_000, unsealed: 1) == .abandon(.releaseTimedOut))
  }

  @Test("a fenced or lost worker abandons at once")
  mutating func abandonment() {
    machine.lost()
    #expect(decide(at: 0, unsealed: 1) == .abandon(.lostPartitions))
    machine.fenced("fenced: 1 of 3")
    #expect(decide(at: 0, unsealed: 1) == .abandon(.fenced("fenced: 1 of 3")))
  }

  @Test("a stop commits what was read and then ends")
  mutating func stop() {
    machine.stopRequested(now: 0)
    #expect(decide(at: 0, unsealed: 1) == .flush)
    machine.submitted(.flush, now: 0)
    #expect(decide(at: 1) == .wait)
    machine.sinkFinished()
    #expect(decide(at: 2) == .stop)
  }
}
