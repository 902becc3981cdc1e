import Detection
import Synthesis
import Testing

@testable import Office

/// Windows are minutes; each is drawn as a letter: `.` is good, `x` is bad, `C` is critical, `-` is none at all.
@Suite struct KeyLifecycleTests {
  private func rules(for windows: Int = 1, keepFiring: Int = 0, cooldown: Int64 = 0) -> LifecycleRules {
    LifecycleRules(forWindows: windows, keepFiringWindows: keepFiring, cooldown: cooldown, step: 60)
  }

  private func verdict(_ minute: Int, _ letter: Character, value: Double? = nil) -> Verdict {
    let value = value ?? (letter == "." ? 0 : letter == "x" ? 5 : 9)
    let finding: Finding? =
      switch letter {
      case "x": Finding(severity: .warning, threshold: 3)
      case "C": Finding(severity: .critical, threshold: 8)
      default: nil
      }
    return Verdict(
      start: Int64(minute) * 60, end: Int64(minute + 1) * 60, value: value, weight: 10, finding: finding)
  }

  /// What comes of windows, each change as a letter at the window that brought it: `F` fired, `R` resolved, `+` another
  /// bad window, `.` nothing.
  private func play(_ windows: String, _ rules: LifecycleRules, _ state: inout KeyLifecycle) -> String {
    var drawn = ""
    for (minute, letter) in windows.enumerated() {
      if letter == "-" {
        drawn += "-"
        continue
      }
      let changes = state.step(verdict(minute, letter), rules)
      drawn += changes.isEmpty ? "." : changes.map(Self.letter).joined()
    }
    return drawn
  }

  private static func letter(_ change: AlertChange) -> String {
    switch change {
    case .fired(_, _, _, reopens: true): "f"
    case .fired: "F"
    case .updated: "+"
    case .resolved: "R"
    }
  }

  private func play(_ windows: String, _ rules: LifecycleRules) -> String {
    var state = KeyLifecycle()
    return play(windows, rules, &state)
  }

  @Test("a bad window raises an alert, further ones update it, and a good one ends it")
  func plain() {
    #expect(play("..xxC..", rules()) == "..F++R.")
  }

  @Test("it takes as many bad windows in a row as `for` says")
  func pending() {
    #expect(play(".xx.xxxx.", rules(for: 3)) == "......F+R")
  }

  @Test("it takes more good windows than `keep_firing` says, in a row")
  func keptFiring() {
    #expect(play("x..x...x", rules(keepFiring: 2)) == "F..+..RF")
  }

  @Test("windows of which there is nothing are good ones")
  func missingWindows() {
    #expect(play("x---.", rules()) == "F---R")
    #expect(play("xx-x-xxx", rules(for: 3)) == "..-.-..F")
    #expect(play("x--x", rules(keepFiring: 3)) == "F--+")
    #expect(play("x--x", rules()) == "F--RF")
  }

  @Test("what goes on ends without further windows, too, and once")
  func passing() {
    var state = KeyLifecycle()
    let rules = rules(keepFiring: 2)
    #expect(play("x", rules, &state) == "F")
    #expect(state.pass(until: 60, rules) == [])
    #expect(state.pass(until: 120, rules) == [])
    #expect(state.pass(until: 180, rules) == [])
    #expect(state.pass(until: 240, rules) == [.resolved(at: 240, windows: 0, isTakenBack: false)])
    #expect(state.pass(until: 600, rules) == [])
  }

  @Test("a key that fails and recovers all the time is kept firing twice as long each time")
  func flapping() {
    #expect(play("x.x.x.x.x.x....", rules()) == "FRF.+.+.+.+.R..")
    #expect(play("x.x..x....x.........", rules()) == "FRF.RF...RF.......R.")
  }

  @Test("what fails again within the cooldown is the same alert")
  func cooldown() {
    #expect(play("x...x", rules(cooldown: 240)) == "FR..f")
    #expect(play("x......x", rules(cooldown: 240)) == "FR.....F")
  }

  @Test("the windows before the alert count, and the worst value is kept")
  func contents() {
    var state = KeyLifecycle()
    let rules = rules(for: 2)
    _ = state.step(verdict(0, "x", value: 7), rules)
    let changes = state.step(verdict(1, "x", value: 6), rules)
    #expect(changes == [.fired(verdict(1, "x", value: 6), since: 0, windows: 2, reopens: false)])
    #expect(state.peak == 7)
    #expect(state.step(verdict(2, "C", value: 9), rules) == [.updated(verdict(2, "C", value: 9), windows: 1)])
    #expect(state.peak == 9)
  }

  @Test("a late event that makes a past window bad raises an alert, which is over already if good windows followed")
  func lateBad() {
    var state = KeyLifecycle()
    #expect(play("...", rules(), &state) == "...")
    #expect(state.revise(verdict(1, "x"), rules()).map(Self.letter) == ["F", "R"])
    #expect(state.phase == .quiet)
    #expect(state.revise(verdict(1, "x"), rules()) == [])
    #expect(state.revise(verdict(2, "x"), rules()).map(Self.letter) == ["F"])
    #expect(state.phase == .firing)
  }

  @Test("a late event completes a row of bad windows")
  func lateRow() {
    var state = KeyLifecycle()
    let rules = rules(for: 3)
    #expect(play("x.x", rules, &state) == "...")
    #expect(
      state.revise(verdict(1, "x"), rules) == [.fired(verdict(1, "x"), since: 0, windows: 3, reopens: false)])
  }

  @Test("an alert whose bad windows late events have made good is taken back")
  func takenBack() {
    var state = KeyLifecycle()
    #expect(play("xx", rules(), &state) == "F+")
    #expect(state.revise(verdict(0, ".", value: 1), rules()) == [.updated(verdict(0, ".", value: 1), windows: -1)])
    #expect(state.revise(verdict(1, ".", value: 1), rules()) == [.resolved(at: 120, windows: -1, isTakenBack: true)])
  }

  @Test("a late event in a window after all that the key had raises an alert, which is over as any other is")
  func lateNewest() {
    var state = KeyLifecycle()
    #expect(play(".", rules(), &state) == ".")
    #expect(
      state.revise(verdict(5, "x"), rules()) == [.fired(verdict(5, "x"), since: 300, windows: 1, reopens: false)])
    #expect(state.pass(until: 360, rules()) == [])
    #expect(state.pass(until: 420, rules()) == [.resolved(at: 420, windows: 0, isTakenBack: false)])
  }

  @Test("a late event in the first window of a key that says enough is no alert without an end")
  func lateFirst() {
    var state = KeyLifecycle()
    #expect(state.revise(verdict(5, "x"), rules()).map(Self.letter) == ["F"])
    #expect(state.pass(until: 600, rules()) == [.resolved(at: 420, windows: 0, isTakenBack: false)])
  }

  @Test("windows that overlap are over when they end, not when the next one begins")
  func overlapping() {
    var state = KeyLifecycle()
    var rules = rules()
    rules.overlap = 120
    #expect(play("x", rules, &state) == "F")
    #expect(state.pass(until: 120, rules) == [.resolved(at: 240, windows: 0, isTakenBack: false)])
  }

  @Test("late bad windows are in a row only when none is missing between them")
  func lateBesideMissing() {
    var state = KeyLifecycle()
    let rules = rules(for: 2)
    #expect(play("x---.", rules, &state) == ".---.")
    #expect(state.revise(verdict(2, "x"), rules) == [])
    #expect(state.phase == .quiet)
    #expect(
      state.revise(verdict(1, "x"), rules)
        == [
          .fired(verdict(1, "x"), since: 0, windows: 3, reopens: false),
          .resolved(at: 240, windows: 0, isTakenBack: false),
        ])
  }

  @Test("a late bad window before a row of them that goes on ends nothing of it")
  func lateBeforePending() {
    var state = KeyLifecycle()
    #expect(play(".....xx", rules(for: 3), &state) == ".......")
    #expect(state.revise(verdict(1, "x"), rules(for: 3)) == [])
    #expect(state.phase == .pending)
    #expect(state.step(verdict(7, "x"), rules(for: 3)).map(Self.letter) == ["F"])
    #expect(state.since == 300)
  }

  @Test("an alert that late events raise is over before a row of bad windows that goes on")
  func lateAlertBeforePending() {
    var state = KeyLifecycle()
    #expect(play(".x...xx", rules(for: 3), &state) == ".......")
    #expect(state.revise(verdict(2, "x"), rules(for: 3)) == [])
    #expect(state.revise(verdict(3, "x"), rules(for: 3)).map(Self.letter) == ["F", "R"])
    #expect(state.phase == .pending)
    #expect(state.step(verdict(7, "x"), rules(for: 3)).map(Self.letter) == ["F"])
  }

  @Test("an alert that late events raise goes on over bad windows that follow before it is over")
  func lateAlertGoesOn() {
    var state = KeyLifecycle()
    let rules = rules(for: 2, keepFiring: 2)
    #expect(play("x..x.", rules, &state) == ".....")
    #expect(state.revise(verdict(1, "x"), rules).map(Self.letter) == ["F", "+"])
    #expect(state.phase == .firing && state.goodWindows == 1 && state.badWindows == 3)
  }

  @Test("a late bad window keeps an alert firing for as long as another one does")
  func lateWhileFiring() {
    var state = KeyLifecycle()
    let rules = rules(keepFiring: 2)
    #expect(play("x..", rules, &state) == "F..")
    #expect(state.revise(verdict(2, "x"), rules).map(Self.letter) == ["+"])
    #expect(state.step(verdict(3, "."), rules) == [])
    #expect(state.step(verdict(4, "."), rules) == [])
    #expect(state.step(verdict(5, "."), rules).map(Self.letter) == ["R"])
  }

  @Test("what is taken back of an alert that is over changes nothing of the one that goes on")
  func takenBackBefore() {
    var state = KeyLifecycle()
    #expect(play("x....x", rules(), &state) == "FR...F")
    #expect(state.revise(verdict(0, ".", value: 1), rules()) == [])
    #expect(state.phase == .firing)
    #expect(state.revise(verdict(5, ".", value: 1), rules()) == [.resolved(at: 360, windows: -1, isTakenBack: true)])
  }

  @Test("windows that are missing count as good ones when a bad one is taken back")
  func takenBackBesideMissing() {
    var state = KeyLifecycle()
    let rules = rules(keepFiring: 3)
    #expect(play("xx", rules, &state) == "F+")
    #expect(state.pass(until: 300, rules) == [])
    #expect(
      state.revise(verdict(1, ".", value: 1), rules) == [.resolved(at: 300, windows: -1, isTakenBack: false)])
  }

  @Test(
    "whatever comes late, alerts have a cause, one begins when the one before is over, and all have an end",
    arguments: 0..<40)
  func anyOrder(seed: UInt64) {
    var random = RandomNumbers(seed: seed, index: 0)
    func below(_ bound: UInt64) -> Int { Int(random.next(below: bound)) }
    for _ in 0..<25 {
      let rules = rules(for: below(3) + 1, keepFiring: below(4))
      var state = KeyLifecycle()
      var isFiring = false
      var began: Int64 = 0
      var time = 0
      // What was remembered before, with what is forgotten by the change.
      var former: Set<Int64> = []
      func follow(_ changes: [AlertChange]) {
        defer { former = Set(state.recent.filter(\.isBad).map(\.start)) }
        for change in changes {
          switch change {
          case .fired(let verdict, let since, _, _):
            #expect(!isFiring)
            isFiring = true
            let bad = former.union(state.recent.filter(\.isBad).map(\.start))
            var run = 1
            var (first, last) = (verdict.start, verdict.start)
            while bad.contains(first - 60) { (first, run) = (first - 60, run + 1) }
            while bad.contains(last + 60) { (last, run) = (last + 60, run + 1) }
            #expect(run >= rules.forWindows, "seed \(seed)")
            #expect(since == first, "seed \(seed)")
            began = since
          case .updated: #expect(isFiring)
          case .resolved(let end, _, _):
            #expect(isFiring)
            #expect(end > began && end <= Int64(time) * 60)
            isFiring = false
          }
        }
        #expect(isFiring == (state.phase == .firing), "seed \(seed)")
        #expect(state.phase != .firing || state.badWindows > 0)
        #expect(state.recent.count <= KeyLifecycle.rememberedWindows)
        #expect(zip(state.recent, state.recent.dropFirst()).allSatisfy { $0.start < $1.start })
      }
      for _ in 0..<60 {
        let letter: Character = below(2) == 0 ? "x" : "."
        switch below(5) {
        case 0: time += below(4)
        case 1, 2:
          time += 1
          follow(state.step(verdict(time - 1, letter), rules))
        default:
          let value = Double(below(3))
          let minute = max(time - 1 - below(8), 0)
          guard minute < time else { continue }
          follow(state.revise(verdict(minute, letter, value: letter == "x" ? 5 + value : value), rules))
        }
        follow(state.pass(until: Int64(time) * 60, rules))
      }
      time += 100
      follow(state.pass(until: Int64(time) * 60, rules))
      #expect(state.phase == .quiet, "seed \(seed)")
    }
  }

  @Test("windows that have not changed, or are too old, are not judged again")
  func unchanged() {
    var state = KeyLifecycle()
    #expect(play("x.........", rules(), &state) == "FR........")
    let before = state
    for minute in 2..<10 { #expect(state.revise(verdict(minute, "."), rules()) == []) }
    #expect(state.revise(verdict(0, "C"), rules()) == [])
    #expect(state == before)
  }

  @Test("what is remembered is the same after it was stored, and nothing else is read")
  func bytes() {
    var state = KeyLifecycle()
    var random = SystemRandomNumberGenerator()
    for minute in 0..<40 {
      #expect(KeyLifecycle(decoding: state.encoded) == state)
      #expect(state.encoded.count <= 300)
      _ = state.step(verdict(minute, [".", "x", "C"][minute * 7 % 3]), rules(for: 2))
    }
    for _ in 0..<200 {
      var bytes = state.encoded
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      _ = KeyLifecycle(decoding: bytes)
      _ = KeyLifecycle(decoding: Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))))
    }
  }
}
