import Events
import Synthesis

/// Makes up the measurements of a park of machines: measurement `index` of a run is a function of the settings, the index
/// and its time alone.
///
/// The series report in turn, some more often than others. A value follows its series' level, the day, a slow wandering
/// and noise. To be used on one thread.
public final class MetricSynthesizer {
  public static let maximumHosts = 10_000

  public let run: SynthesisRun
  public let hosts: Int

  private struct Series {
    var id: TextView
    var name: TextView
    var gauge: Int
    var level: Double
    /// The tags' places.
    var tags: UnsafeBufferPointer<Tag>
  }

  private let series: [Series]
  private let tags: UnsafeMutableBufferPointer<Tag>
  /// Which series reports at which turn.
  private let turns: [Int]
  private let gauges = Gauge.all
  private let rhythm = DailyRhythm.leisure
  private var texts: TextArena
  private var incidents: Stage<MetricIncident>
  /// The wandering of a series goes in straight lines from one point to the next.
  private static let wanderingMilliseconds: Int64 = 600_000

  /// Fails when an incident names neither a series nor a metric nor a host of the run, or an effect that there is not.
  public init(run: SynthesisRun, hosts: Int = 12) throws(SettingError) {
    precondition((1...Self.maximumHosts).contains(hosts), "1 to \(Self.maximumHosts) hosts")
    self.run = run
    self.hosts = hosts
    let machines = (0..<hosts).map(Host.init)
    var texts = TextArena()
    var series: [Series] = []
    tags = .allocate(capacity: 3 * hosts)
    let gaugeNames = gauges.map { texts.append($0.name) }
    for (number, host) in machines.enumerated() {
      for (index, pair) in [("host", host.name), ("service", host.service), ("zone", host.zone)].enumerated() {
        tags.initializeElement(
          at: 3 * number + index, to: Tag(name: texts.append(pair.0), value: texts.append(pair.1)))
      }
      let own = UnsafeBufferPointer(rebasing: tags[3 * number..<3 * number + 3])
      for (gauge, kind) in gauges.enumerated() {
        var random = RandomNumbers(seed: run.seed ^ 0x6d65_7472, index: UInt64(series.count))
        series.append(
          Series(
            id: texts.append("\(host.name)/\(kind.name)"), name: gaugeNames[gauge], gauge: gauge,
            level: kind.level * (0.8 + 0.4 * random.nextFraction()), tags: own))
      }
    }
    turns = Self.turns(series.map(\.gauge), gauges)
    incidents = Stage(targets: series.count)
    self.series = series
    self.texts = texts
    for spec in run.incidents { try stage(spec, machines) }
  }

  deinit {
    tags.deallocate()
  }

  private func stage(_ spec: IncidentSpec, _ machines: [Host]) throws(SettingError) {
    let targets = series.indices.filter { index in
      let (id, name) = (series[index].id.description, series[index].name.description)
      return [id, name, machines[index / gauges.count].name].contains(spec.target)
    }
    guard !targets.isEmpty else {
      throw SettingError(
        "there is no metric “\(spec.target)” for an incident; there are \(gauges.map(\.name).joined(separator: ", ")), "
          + "the hosts \(machines.prefix(3).map(\.name).joined(separator: ", "))… and each metric of a host, e.g. "
          + "\(series[0].id.description)")
    }
    let incident = try MetricIncident(spec)
    for target in targets {
      incidents.add(incident, to: target, during: spec.span(beginning: run.beginningMilliseconds))
    }
  }

  /// Every series as often as its metric is measured, in an order that does not show them in groups.
  private static func turns(_ gaugeOfSeries: [Int], _ gauges: [Gauge]) -> [Int] {
    var turns = gaugeOfSeries.enumerated().flatMap { series, gauge in
      Array(repeating: series, count: gauges[gauge].frequency)
    }
    var random = RandomNumbers(seed: 0x7475_726e)
    for last in stride(from: turns.count - 1, to: 0, by: -1) {
      turns.swapAt(last, Int(random.next(below: UInt64(last + 1))))
    }
    return turns
  }

  /// Measurement `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC); nil when it is one of
  /// those that an incident makes vanish.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> MetricEvent? {
    var random = RandomNumbers(seed: run.seed, index: index)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let (vanishing, noise) = (random.nextFraction(), random.nextBell())
    let number = turns[Int(index % UInt64(turns.count))]
    let series = series[number]
    let gauge = gauges[series.gauge]
    let daily = 1 + gauge.dailyShare * (rhythm.factor(at: timestamp) - 1)
    let straying = gauge.spread * (0.7 * wandering(number, at: timestamp) + 0.5 * noise)
    var value = series.level * daily + straying
    let incident = incidents.first(of: number, at: timestamp) { _ in true }
    switch incident?.effect {
    case .vanish(let share)? where vanishing < share: return nil
    case .shift(let factor)?: value *= factor
    case .spike(let factor)?: value *= faded(factor, progress: incident?.progress(at: timestamp) ?? 1)
    default: break
    }
    value = min(max(value, gauge.limits.lowerBound), gauge.limits.upperBound)
    return MetricEvent(
      metricID: series.id, name: series.name, timestampMilliseconds: timestamp,
      value: (value * 256).rounded() / 256, tags: series.tags)
  }

  /// From -1 to 1.
  private func wandering(_ series: Int, at milliseconds: Int64) -> Double {
    let place = Double(milliseconds) / Double(Self.wanderingMilliseconds)
    let point = place.rounded(.down)
    func height(_ number: Double) -> Double {
      var random = RandomNumbers(
        seed: run.seed ^ UInt64(series) << 40, index: UInt64(bitPattern: Int64(number)))
      return 2 * random.nextFraction() - 1
    }
    let part = place - point
    return height(point) * (1 - part) + height(point + 1) * part
  }
}
