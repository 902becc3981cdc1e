import Plan
import Spelling

/// The file of a project's targets.
public let targetsPath = "sql/alerts/targets.sql"

/// Reads the file of targets: annotations only, `-- target: …` for each and what belongs to it below.
///
/// - Throws: everything that is wrong in the file.
public func parseTargets(_ file: SourceFile) throws(DefinitionErrors) -> [NotificationTarget] {
  let source = SourceText(file)
  var diagnostics = Diagnostics()
  let sections = TargetSections(source, &diagnostics)
  var targets: [NotificationTarget] = []
  for section in sections.items {
    let target = diagnostics.attempt { () throws(DefinitionError) in
      try TargetParser(source: source, section: section).parse()
    }
    if let target { targets.append(target) }
  }
  sections.checkNames(&diagnostics)
  sections.checkEscalations(&diagnostics)
  try diagnostics.check()
  return targets
}

/// Refuses names of targets that an alert's file gives and that no target has.
///
/// - Parameters:
///   - file: of the alert, with the annotation `notify`: names with commas between them.
///   - targets: the names of all that there are.
public func unknownTargets(in file: SourceFile, targets: [String]) -> [DefinitionError] {
  let source = SourceText(file)
  var ignored = Diagnostics()
  var errors: [DefinitionError] = []
  for item in Annotations(source, known: ["notify"], diagnostics: &ignored).items {
    for (name, offset) in item.list where !targets.contains(name) {
      let nearest = suggestion(for: name, among: targets)
      let known = "\(nearest)targets are \(targets.joined(separator: ", "))"
      errors.append(
        source.error(
          at: offset, "there is no target \(name)",
          hint: targets.isEmpty ? "write it into \(targetsPath): \(TargetParser.form)" : known))
    }
  }
  return errors
}

/// A file's annotations, target by target.
private struct TargetSections {
  struct Section {
    var head: Annotation
    var parts: [Annotation] = []
  }

  /// What may stand below a target.
  static let parts = [
    "secret", "token", "key", "user", "password", "from", "to", "rate_limit", "escalate_to",
  ]
  /// A thread waits for each of them.
  static let maximumCount = 50

  private let source: SourceText
  private(set) var items: [Section] = []

  init(_ source: SourceText, _ diagnostics: inout Diagnostics) {
    self.source = source
    for token in source.tokens {
      guard token.kind == .lineComment else {
        diagnostics.report(
          source.error(
            at: token.range.lowerBound, "a file of targets has annotations only", hint: "write \(TargetParser.form)"))
        break
      }
      guard let item = Annotation(token, source) else { continue }
      if item.name == "target" {
        items.append(Section(head: item))
      } else if !Self.parts.contains(item.name) {
        let known = ["target"] + Self.parts
        let nearest = suggestion(for: item.name, among: known)
        diagnostics.report(
          source.error(
            at: item.location, "there is no annotation \"\(item.name)\"",
            hint: "\(nearest)annotations are \(known.joined(separator: ", "))"))
      } else if items.isEmpty {
        diagnostics.report(
          source.error(
            at: item.location, "\"\(item.name)\" belongs to no target", hint: "write \(TargetParser.form) above it"))
      } else {
        items[items.count - 1].parts.append(item)
      }
    }
    if items.isEmpty, diagnostics.errors.isEmpty {
      diagnostics.report(source.error(at: 0, "the file has no target", hint: "write \(TargetParser.form)"))
    }
    if items.count > Self.maximumCount {
      diagnostics.report(
        source.error(at: items[Self.maximumCount].head.location, "there are more than \(Self.maximumCount) targets"))
    }
  }

  private func name(_ section: Section) -> String {
    section.head.value.split(separator: " ").first.map(String.init) ?? ""
  }

  func checkNames(_ diagnostics: inout Diagnostics) {
    var known: Set<String> = []
    for section in items where !known.insert(name(section)).inserted {
      diagnostics.report(
        source.error(
          at: section.head.valueLocation, "there are two targets \(name(section))", hint: "give it another name"))
    }
  }

  func checkEscalations(_ diagnostics: inout Diagnostics) {
    let names = items.map(name)
    for section in items {
      guard let item = section.parts.first(where: { $0.name == "escalate_to" }),
        let other = item.value.split(separator: " ").first.map(String.init)
      else { continue }
      if other == name(section) {
        diagnostics.report(source.error(at: item.valueLocation, "a target does not escalate to itself"))
      } else if !names.contains(other) {
        let nearest = suggestion(for: other, among: names)
        diagnostics.report(
          source.error(
            at: item.valueLocation, "there is no target \(other)",
            hint: "\(nearest)targets are \(names.joined(separator: ", "))"))
      }
    }
  }
}

/// Reads one target.
private struct TargetParser {
  let source: SourceText
  let section: TargetSections.Section

  static let form = "-- target: oncall webhook https://…"
  private static let environmentForm = "env NAME"
  static let escalationForm = "boss after 15 minutes"
  static let limitForm = "10 per minute"

  func parse() throws(DefinitionError) -> NotificationTarget {
    let words = section.head.value.split(separator: " ").map(String.init)
    guard words.count >= 2 else {
      throw source.error(
        at: section.head.valueLocation, "a target is a name, a kind and an address", hint: "write \(Self.form)")
    }
    let name = try self.name(words[0])
    guard let kind = NotificationTarget.Kind(rawValue: words[1]) else {
      let kinds = NotificationTarget.Kind.allCases.map(\.rawValue)
      let nearest = suggestion(for: words[1], among: kinds)
      throw source.error(
        at: place(words, 1), "there is no kind of target \(words[1])",
        hint: "\(nearest)kinds are \(kinds.joined(separator: ", "))")
    }
    try checkParts(kind)
    var target = NotificationTarget(name: name, kind: kind, address: try address(words, kind))
    target.key = try environment(kind == .pagerduty ? "key" : "secret")
    target.token = try environment("token")
    target.user = try one("user")?.value
    target.password = try environment("password")
    try checkUser(target)
    if kind == .email { try readMail(&target) }
    target.rateLimit = try rateLimit()
    target.escalation = try escalation()
    return target
  }

  private func name(_ text: String) throws(DefinitionError) -> String {
    let isName =
      text.utf8.count <= 63 && text.utf8.first.map { (0x61...0x7a).contains($0) } == true
      && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    guard isName else {
      throw source.error(
        at: section.head.valueLocation, "a target's name is of a to z, 0 to 9 and _, and begins with a letter",
        hint: "write \(Self.form)")
    }
    return text
  }

  /// The byte offset of a word of the head.
  private func place(_ words: [String], _ index: Int) -> Int {
    var rest = Substring(section.head.value)
    for word in words.prefix(index) { rest = rest.drop { $0 == " " }.dropFirst(word.count) }
    rest = rest.drop { $0 == " " }
    return section.head.valueLocation + section.head.value.utf8.count - rest.utf8.count
  }

  /// An error that quotes nothing of the file: somebody may have written a secret there.
  private func discreet(at offset: Int, _ message: String, hint: String) -> DefinitionError {
    var error = source.error(at: offset, message, hint: hint)
    error.offendingText = ""
    return error
  }

  // MARK: The address

  private func address(
    _ words: [String], _ kind: NotificationTarget.Kind
  ) throws(DefinitionError) -> NotificationTarget.Address {
    guard words.count > 2 else {
      if kind == .pagerduty { return .text("https://events.pagerduty.com/v2/enqueue") }
      throw source.error(
        at: section.head.valueLocation, "the target has no address", hint: "write \(Self.headForm(of: kind))")
    }
    let offset = place(words, 2)
    if words[2] == "env" {
      guard words.count == 4 else {
        throw source.error(
          at: offset, "env is followed by the name of one variable", hint: "write \(Self.headForm(of: kind))")
      }
      return .environment(try variable(words[3], at: place(words, 3)))
    }
    guard words.count == 3 else {
      throw source.error(
        at: place(words, 3), "this does not belong to a target", hint: "write \(Self.headForm(of: kind))")
    }
    guard kind != .slack, kind != .teams else {
      throw discreet(
        at: offset, "whoever knows the address of a \(kind.rawValue) target may write there: it is a secret",
        hint: "write \(Self.headForm(of: kind)), and set that variable where the processors run")
    }
    try check(words[2], kind, at: offset)
    return .text(words[2])
  }

  private static func headForm(of kind: NotificationTarget.Kind) -> String {
    switch kind {
    case .webhook: form
    case .slack: "-- target: chat slack env SLACK_URL"
    case .teams: "-- target: office teams env TEAMS_URL"
    case .pagerduty: "-- target: oncall pagerduty"
    case .email: "-- target: mail email smtp://mail.example.org:587"
    case .alertmanager: "-- target: prometheus alertmanager http://alertmanager:9093"
    }
  }

  private func check(_ text: String, _ kind: NotificationTarget.Kind, at offset: Int) throws(DefinitionError) {
    let schemes = kind == .email ? ["smtp://", "smtps://"] : ["http://", "https://"]
    guard let scheme = schemes.first(where: { text.hasPrefix($0) }) else {
      throw source.error(
        at: offset, "the address of a target of kind \(kind.rawValue) begins with \(schemes.joined(separator: " or "))",
        hint: "write \(Self.headForm(of: kind))")
    }
    let rest = text.dropFirst(scheme.count)
    guard !rest.contains("@"), !rest.contains("?"), !rest.contains("#") else {
      throw discreet(
        at: offset, "the address holds a user or a query, and with that perhaps a secret",
        hint: "write env NAME in its place, or user and password on lines of their own")
    }
    guard !rest.isEmpty, !rest.hasPrefix("/"), kind != .email || !rest.contains("/") else {
      throw source.error(at: offset, "the address names no server", hint: "write \(Self.headForm(of: kind))")
    }
  }

  // MARK: What stands below

  /// Refuses what the kind has no use for.
  private func checkParts(_ kind: NotificationTarget.Kind) throws(DefinitionError) {
    let own: [String]
    switch kind {
    case .webhook: own = ["secret", "token"]
    case .slack, .teams: own = []
    case .pagerduty: own = ["key"]
    case .email: own = ["from", "to", "user", "password"]
    case .alertmanager: own = ["token", "user", "password"]
    }
    let known = own + ["rate_limit", "escalate_to"]
    for item in section.parts where !known.contains(item.name) {
      throw source.error(
        at: item.location, "a target of kind \(kind.rawValue) has no \"\(item.name)\"",
        hint: "it may have \(known.joined(separator: ", "))")
    }
    for name in kind == .pagerduty ? ["key"] : kind == .email ? ["from", "to"] : [] {
      guard section.parts.contains(where: { $0.name == name }) else {
        throw source.error(
          at: section.head.location, "the target has no \"\(name)\"",
          hint: name == "key" ? "write -- key: env PAGERDUTY_KEY" : "write -- \(name): alerts@example.org")
      }
    }
  }

  private func one(_ name: String) throws(DefinitionError) -> Annotation? {
    let found = section.parts.filter { $0.name == name }
    if found.count > 1 { throw source.error(at: found[1].location, "\"\(name)\" is given twice") }
    if let item = found.first, item.value.isEmpty { throw source.error(at: item.location, "\"\(name)\" is empty") }
    return found.first
  }

  /// The variable that a secret is in.
  private func environment(_ name: String) throws(DefinitionError) -> String? {
    guard let item = try one(name) else { return nil }
    let words = item.value.split(separator: " ").map(String.init)
    guard words.count == 2, words[0] == "env" else {
      throw discreet(
        at: item.location, "a secret does not stand in a definition",
        hint: "write -- \(name): \(Self.environmentForm), and set that variable where the processors run")
    }
    return try variable(words[1], at: item.valueLocation + 4)
  }

  private func variable(_ text: String, at offset: Int) throws(DefinitionError) -> String {
    let isName =
      text.utf8.first.map { (0x41...0x5a).contains($0) } == true
      && text.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    guard isName else {
      throw discreet(
        at: offset, "an environment variable's name is of A to Z, 0 to 9 and _", hint: "write \(Self.environmentForm)")
    }
    guard !text.hasPrefix("STREAMPULSE_") else {
      throw source.error(at: offset, "variables STREAMPULSE_… are the program's own", hint: "give it another name")
    }
    return text
  }

  private func checkUser(_ target: NotificationTarget) throws(DefinitionError) {
    guard (target.user == nil) == (target.password == nil) else {
      throw source.error(
        at: section.head.location, "user and password belong together",
        hint: "write -- user: alerts and -- password: env SMTP_PASSWORD")
    }
    if target.user != nil, target.token != nil {
      throw source.error(at: section.head.location, "a target has a user or a token, not both")
    }
  }

  private func readMail(_ target: inout NotificationTarget) throws(DefinitionError) {
    for name in ["from", "to"] {
      guard let item = try one(name) else { continue }
      for (text, offset) in item.list {
        guard MailAddress(text) != nil else {
          throw source.error(at: offset, "this is no address of mail", hint: "write -- \(name): alerts@example.org")
        }
        if name == "to" { target.recipients.append(text) }
      }
      if name == "from" { target.sender = item.value }
    }
    if let sender = target.sender, MailAddress(sender) == nil, let item = try one("from") {
      throw source.error(at: item.valueLocation, "there is one sender", hint: "write -- from: alerts@example.org")
    }
  }

  private func rateLimit() throws(DefinitionError) -> NotificationTarget.RateLimit? {
    guard let item = try one("rate_limit") else { return nil }
    let words = item.value.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, words[1] == "per", let count = Int(words[0]), (1...10_000).contains(count) else {
      throw source.error(
        at: item.valueLocation, "a rate limit is a number of messages and a time", hint: "write \(Self.limitForm)")
    }
    let text = words[2].first?.isNumber == true ? words[2] : "1 \(words[2])"
    let length = try microseconds(text, item, form: Self.limitForm)
    return NotificationTarget.RateLimit(count: count, microseconds: length)
  }

  private func escalation() throws(DefinitionError) -> NotificationTarget.Escalation? {
    guard let item = try one("escalate_to") else { return nil }
    let words = item.value.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, words[1] == "after" else {
      throw source.error(
        at: item.valueLocation, "an escalation is a target and a time", hint: "write \(Self.escalationForm)")
    }
    return NotificationTarget.Escalation(
      target: words[0], microseconds: try microseconds(words[2], item, form: Self.escalationForm))
  }

  /// Of a length from a second to a day.
  private func microseconds(_ text: String, _ item: Annotation, form: String) throws(DefinitionError) -> Int64 {
    do throws(Interval.Failure) {
      let length = try Interval.microseconds(parsing: text)
      guard (1_000_000...DateTime.microsecondsPerDay).contains(length) else {
        throw Interval.Failure(message: "the time is from a second to a day", hint: "write \(form)")
      }
      return length
    } catch {
      throw source.error(at: item.valueLocation, error.message, hint: error.hint ?? "write \(form)")
    }
  }
}
