import Testing
import Tracing

/// Numbers from a seed (SplitMix64).
struct Random: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct SamplerTests {
  private static func parent(_ isSampled: Bool) -> TraceContext {
    TraceContext(traceID: TraceID(high: 1, low: .max), spanID: SpanID(1), isSampled: isSampled)
  }

  @Test("each name of OTEL_TRACES_SAMPLER is a sampler, and no other")
  func names() {
    #expect(Sampler.names.allSatisfy { Sampler(name: $0, ratio: 0.5) != nil })
    #expect(Sampler(name: "jaeger_remote", ratio: 1) == nil && Sampler(name: "parentbased_", ratio: 1) == nil)
    #expect(Sampler(name: "parentbased_traceidratio", ratio: 0.25) == Sampler(.ratio(0.25), followsParent: true))
  }

  @Test(
    "a share of the traces is recorded, the same ones wherever the share is the same", arguments: [0.01, 0.25, 0.9])
  func ratio(share: Double) {
    var random = Random(state: 7)
    let traces = (0..<20_000).map { _ in TraceID(high: random.next(), low: random.next()) }
    let (one, other) = (Sampler(.ratio(share), followsParent: false), Sampler(.ratio(share), followsParent: true))
    let sampled = traces.filter { one.samples($0, under: nil) }
    #expect(abs(Double(sampled.count) / 20_000 - share) < 0.02)
    #expect(sampled.allSatisfy { other.samples($0, under: nil) })
    // Whoever records more records those, too.
    let more = Sampler(.ratio(share + 0.05), followsParent: false)
    #expect(sampled.allSatisfy { more.samples($0, under: nil) })
  }

  @Test("of a share of 0 nothing is recorded, of 1 everything")
  func bounds() {
    let traces = [TraceID(high: 0, low: 1), TraceID(high: .max, low: .max), TraceID(high: 5, low: 1 << 63)]
    #expect(traces.allSatisfy { !Sampler(.ratio(0), followsParent: false).samples($0, under: nil) })
    #expect(traces.allSatisfy { Sampler(.ratio(1), followsParent: false).samples($0, under: nil) })
    #expect(!Sampler(.ratio(0.5), followsParent: false).samples(traces[1], under: nil))
    #expect(Sampler(.ratio(0.5), followsParent: false).samples(traces[0], under: nil))
  }

  @Test("what a caller has decided counts for parentbased samplers alone", arguments: [true, false])
  func parents(isSampled: Bool) {
    let (trace, parent) = (Self.parent(isSampled).traceID, Self.parent(isSampled))
    for name in ["parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"] {
      #expect(Sampler(name: name, ratio: 0.5)?.samples(trace, under: parent) == isSampled)
    }
    #expect(Sampler(.always, followsParent: false).samples(trace, under: parent))
    #expect(!Sampler(.never, followsParent: false).samples(trace, under: parent))
    #expect(!Sampler(.never, followsParent: true).samples(trace, under: nil))
  }

  @Test("spans of a trace that is not recorded go nowhere, and children belong to their parent's trace")
  func tracer() {
    let tracer = Tracer(Sampler(.never, followsParent: true), random: { 0 }, take: { _ in Issue.record("taken") })
    let root = tracer.begin()
    // Zero would be no identity.
    #expect(root.traceID.low != 0 && root.spanID.value != 0 && !root.isSampled)
    tracer.end(Span("x", .internal, root, start: 1, end: 2))
    let child = tracer.child(of: Self.parent(false))
    #expect(child.traceID == Self.parent(false).traceID && !child.isSampled)
  }
}
