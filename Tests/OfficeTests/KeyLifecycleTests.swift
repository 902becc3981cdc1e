import Detection
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
