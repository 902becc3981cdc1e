import Detection
import Dialects
import Plan
import Postgres
import SQLQuoting

/// What an alert would have found in windows that are stored, had it been defined before. Writes nothing.
public struct Backtest {
  /// An alert about one key, from its first bad window to its end.
  public struct Occurrence: Sendable, Hashable {
    /// The key as a JSON object.
    public var key: String
    public var severity: String
    /// In microseconds since 1970; nil: it goes on.
    public var start: Int64
    public var end: Int64?
    /// How many windows were bad.
    public var windows: Int
    public var peak: Double
    public var message: String
    /// The number of the incident, from 1.
    public var incident: Int
  }

  /// The values of a key, as many as a picture is wide.
  public struct Curve: Sendable {
    /// The worst value of each part of the time; nil: there was none.
    public var values: [Double?]
    /// Whether an alert about the key went on.
    public var isFiring: [Bool]
  }

  public struct Report: Sendable {
    public var occurrences: [Occurrence] = []
    /// Of keys that an alert was about, by key.
    public var curves: [String: Curve] = [:]
    public var windows = 0
    public var keys = 0

    public var incidents: Int { Set(occurrences.map(\.incident)).count }
  }

  /// Parts of the time in a picture.
  public static let columns = 72
  /// Windows that are read at once, by their length: as many as `Portion` looks for when they are missing.
  private static let portionWindows = Int64(AlertEvaluator.portionWindows)
  /// Most keys whose values are kept for a picture.
  private static let maximumCurves = 10_000

  private let alert: AlertPlan
  private let connection: PostgresConnection

  /// - Parameter connection: its session's time zone is UTC.
  public init(_ alert: AlertPlan, _ connection: PostgresConnection) {
    self.alert = alert
    self.connection = connection
  }

  /// - Parameters:
  ///   - from: windows that end after it, in microseconds since 1970.
  ///   - until: and not after this.
  public func run(from: Int64, until: Int64) throws(PostgresError) -> Report {
    var journal = AlertJournal(until: from, toldFrom: nil, lookedAt: nil, isNew: true, keys: [:])
    var course = Course(alert, from: from, until: until)
    let (length, isLong) = alert.window.longestMicroseconds.multipliedReportingOverflow(by: Self.portionWindows)
    while journal.until < until {
      let isFilled = alert.missing != nil || alert.detector.isSilence
      var next = journal.until
      // Times without windows are passed over, unless that there are none says something. What goes on then is over.
      if !isFilled || journal.keys.isEmpty {
        next = max(next, min(try alert.firstWindow(after: next, connection) ?? until, until))
      }
      let portion = Portion(
        alert: alert, journal: journal, from: next, until: isLong ? until : min(until, next + length))
      let windows = ClosedWindow.all(
        try connection.query(
          alert.statement.text,
          [
            .timestamptz(microseconds: journal.until), .timestamptz(microseconds: portion.until),
            .timestamptz(microseconds: Int64.max / 2),
          ]))
      course.note(windows)
      let outcome = portion.judge(windows, &journal)
      course.follow(outcome)
      journal.until = portion.until
    }
    return course.report(keys: journal.keys.count)
  }

  /// What has come so far.
  private struct Course {
    let alert: AlertPlan
    let from: Int64
    let until: Int64
    var occurrences: [Occurrence] = []
    /// The one that goes on about a key.
    var open: [String: Int] = [:]
    var latest: [String: Int] = [:]
    var values: [String: [Double?]] = [:]
    var windows: Set<Int64> = []

    init(_ alert: AlertPlan, from: Int64, until: Int64) {
      self.alert = alert
      self.from = from
      self.until = until
    }

    mutating func note(_ closed: [ClosedWindow]) {
      let isBelow = AlertJudge(alert).rules.direction == .below
      for window in closed {
        windows.insert(window.start)
        guard values[window.key] != nil || values.count < Backtest.maximumCurves else { continue }
        let column = column(of: window.start)
        let former = values[window.key]?[column]
        let worst = former.map { isBelow ? min($0, window.value) : max($0, window.value) } ?? window.value
        values[window.key, default: Array(repeating: nil, count: Backtest.columns)][column] = worst
      }
    }

    private func column(of time: Int64) -> Int {
      let share = Double(time - from) / Double(max(until - from, 1))
      return min(max(Int(share * Double(Backtest.columns)), 0), Backtest.columns - 1)
    }

    mutating func follow(_ outcome: PortionOutcome) {
      for entry in PortionOutcome.inOrder([outcome]) {
        switch entry.change {
        case .fired(let verdict, let since, let windows, let reopens):
          if reopens, let index = latest[entry.key] {
            occurrences[index].end = nil
            occurrences[index].windows += windows
            open[entry.key] = index
          } else {
            open[entry.key] = occurrences.count
            latest[entry.key] = occurrences.count
            occurrences.append(
              Occurrence(
                key: entry.key, severity: verdict.finding?.severity.rawValue ?? "", start: since, windows: windows,
                peak: entry.peak, message: entry.message, incident: 0))
          }
        case .updated(let verdict, let windows):
          guard let index = open[entry.key] else { continue }
          occurrences[index].windows += windows
          occurrences[index].peak = entry.peak
          let former = Severity(rawValue: occurrences[index].severity) ?? .info
          if let severity = verdict.finding?.severity, severity > former {
            occurrences[index].severity = severity.rawValue
            occurrences[index].message = entry.message
          }
        case .resolved(let end, let windows, _):
          guard let index = open.removeValue(forKey: entry.key) else { continue }
          occurrences[index].end = end
          occurrences[index].windows += windows
        }
      }
    }

    func report(keys: Int) -> Report {
      var report = Report()
      report.occurrences = grouped()
      report.windows = windows.count
      report.keys = keys
      for occurrence in report.occurrences {
        var curve =
          report.curves[occurrence.key]
          ?? Curve(
            values: values[occurrence.key] ?? Array(repeating: nil, count: Backtest.columns),
            isFiring: Array(repeating: false, count: Backtest.columns))
        for column in column(
          of: occurrence.start)...max(
            column(of: occurrence.start), column(of: (occurrence.end ?? until) - 1))
        {
          curve.isFiring[column] = true
        }
        report.curves[occurrence.key] = curve
      }
      return report
    }

    /// Alerts that began within two windows of each other, and are alike in what the alert is grouped by, are one incident:
    /// as `pulse.incident_of` has it.
    private func grouped() -> [Occurrence] {
      var occurrences = occurrences.sorted { ($0.start, $0.key) < ($1.start, $1.key) }
      let reach = 2 * alert.window.stepMicroseconds
      var newest: [[String]: (start: Int64, incident: Int)] = [:]
      var count = 0
      for index in occurrences.indices {
        let group = ClosedWindow.texts(of: occurrences[index].key, alert.routing.groupBy)
        if let last = newest[group], occurrences[index].start - last.start <= reach {
          occurrences[index].incident = last.incident
        } else {
          count += 1
          occurrences[index].incident = count
        }
        newest[group] = (occurrences[index].start, occurrences[index].incident)
      }
      return occurrences
    }
  }
}
