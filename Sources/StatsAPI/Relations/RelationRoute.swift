import Dialects
import HTTPServer
import Plan

/// The route of an aggregate or a view: what a request may ask of its rows.
struct RelationRoute: Sendable {
  let relation: Relation
  /// Decoded.
  let path: String
  /// In the order of `Place`, then the keys'.
  let parameters: [EndpointPlan.Parameter]

  init(_ relation: Relation) {
    self.relation = relation
    path = "\(EndpointPlan.aggregatesPath)/\(relation.name)"
    parameters =
      Place.allCases.compactMap { $0.parameter(of: relation) }
      + relation.keys.flatMap { key in
        [Self.parameter(ofKey: key)] + (key.isNullable ? [Self.parameter(ofNullIn: key)] : [])
      }
  }

  /// The path as a URL has it.
  var urlPath: String { EndpointPlan.rowsPath(of: relation.name) }

  // MARK: Parameters

  /// The parameters that are not about keys.
  private enum Place: String, CaseIterable {
    case minutes
    case start
    case end
    case limit
    case cursor
    case order
    case step
    case by
    case top
    case rank

    /// nil: the relation has no such parameter.
    func parameter(of relation: Relation) -> EndpointPlan.Parameter? {
      let orders = relation.orderable.flatMap { [$0.name, "-\($0.name)"] }
      switch self {
      case .minutes:
        guard relation.time != nil else { return nil }
        return integer(
          1...527_040,
          "Look-back in minutes from end, or from the beginning of the newest window: so many complete minutes, and it; of "
            + "sums over all of the range the complete ones alone")
      case .start:
        guard relation.time != nil else { return nil }
        return time("Windows that begin then or later, as 2026-01-31T12:00:00Z or -2h; not together with minutes")
      case .end:
        guard relation.time != nil else { return nil }
        return time("Windows that begin before; without it those that have begun by now")
      case .limit: return integer(1...10_000, default: 1_000, "Rows at most")
      case .cursor:
        guard relation.pageOrder(nil) != nil else { return nil }
        return .token(
          rawValue, maximumCharacters: RowCursor.maximumCharacters,
          description:
            "Only rows behind those of another page: its member next, with the order and the rest of the query as there; "
            + "not with step or by")
      case .order:
        guard !orders.isEmpty else { return nil }
        return text(
          "The column to order by, with - in front in descending order; without it the newest rows come first, and of "
            + "sums over all of the time the greatest", orders)
      case .step:
        guard relation.canRollUp else { return nil }
        return text(
          "Sums rows up over stretches of time of this length; all: over all of it", RelationRoute.steps.map(\.name))
      case .by:
        guard relation.canRollUp else { return nil }
        return text(
          "Sums rows up over all keys but these, separated by commas; empty: over all keys. Without step over all of the "
            + "time")
      case .top:
        guard relation.canRollUp, !relation.keys.isEmpty else { return nil }
        return integer(1...50, "Only so many groups, those that lead over all of the time by rank; with step or by")
      case .rank:
        guard relation.canRollUp, !relation.keys.isEmpty, !orders.isEmpty else { return nil }
        return text("The result by which groups lead, with - in front the greatest; without it the first count", orders)
      }
    }

    private func integer(_ range: ClosedRange<Int64>, default value: Int64? = nil, _ description: String)
      -> EndpointPlan.Parameter
    {
      EndpointPlan.Parameter(
        name: rawValue, type: .integer, isOptional: true, defaultValue: value.map { .one(String($0)) },
        range: .integers(range), description: description)
    }

    private func time(_ description: String) -> EndpointPlan.Parameter {
      EndpointPlan.Parameter(name: rawValue, type: .timestamptz, isOptional: true, description: description)
    }

    private func text(_ description: String, _ allowed: [String] = []) -> EndpointPlan.Parameter {
      EndpointPlan.Parameter(
        name: rawValue, type: .text, isOptional: true, allowedValues: allowed, description: description)
    }
  }

  /// Lengths of steps; nil: all of the time.
  private static let steps: [(name: String, seconds: Int?)] = [
    ("10s", 10), ("30s", 30), ("1m", 60), ("2m", 120), ("5m", 300), ("10m", 600), ("15m", 900), ("30m", 1_800),
    ("1h", 3_600), ("2h", 7_200), ("3h", 10_800), ("6h", 21_600), ("12h", 43_200), ("1d", 86_400), ("7d", 604_800),
    ("all", nil),
  ]

  private static func parameter(ofKey key: Relation.Column) -> EndpointPlan.Parameter {
    EndpointPlan.Parameter(
      name: "key.\(key.name)", type: .text, isOptional: true,
      description: "Only rows with this \(key.name), of the type \(key.type)")
  }

  private static func parameter(ofNullIn key: Relation.Column) -> EndpointPlan.Parameter {
    EndpointPlan.Parameter(
      name: "key.\(key.name).null", type: .boolean, isOptional: true,
      description: "true: only rows without a \(key.name); false: only those with one")
  }

  // MARK: Arguments

  /// What a request gives for the parameters, in one spelling.
  func arguments(for query: [QueryItem]) throws(ArgumentError) -> [String?] {
    var arguments = try parameters.arguments(for: query)
    func given(_ place: Place) -> String? { index(place).flatMap { arguments[$0] } }
    func refuse(_ place: Place, _ reason: String) -> ArgumentError {
      .unfit(index(place).map { parameters[$0] } ?? parameters[0], reason: reason)
    }
    if given(.start) != nil, given(.minutes) != nil {
      throw refuse(.minutes, "start says already where the rows begin; give one of them")
    }
    let isRolledUp = given(.step) != nil || given(.by) != nil
    if let text = given(.by), let place = index(.by) {
      let names = Self.names(in: text)
      if let unknown = names.first(where: { name in !relation.keys.contains { $0.name == name } }) {
        let keys = relation.keys.map(\.name)
        throw refuse(
          .by,
          "\(unknown.prefix(64)) is no key; "
            + (keys.isEmpty ? "there are none, leave it empty" : "the keys are \(keys.joined(separator: ", "))"))
      }
      arguments[place] = relation.keys.map(\.name).filter(names.contains).joined(separator: ",")
    }
    for place in [Place.top, .rank] where given(place) != nil && !isRolledUp {
      throw refuse(place, "it is about groups; give step or by as well")
    }
    if let cursor = given(.cursor) {
      if isRolledUp { throw refuse(.cursor, "it is about rows as they are stored; leave out step and by") }
      if RowCursor.values(of: cursor, in: relation.pageOrder(given(.order).map(Self.order)) ?? []) == nil {
        throw refuse(.cursor, "it is none of this list in this order; give next of the page before, or leave it out")
      }
    }
    guard isRolledUp else { return arguments }
    let keys = groupKeys(by: given(.by))
    if given(.top) != nil, keys.isEmpty { throw refuse(.top, "by names no key, so that there is one group") }
    let columns = relation.columns(ofRollUpBy: keys).map(\.name)
    for place in [Place.order, .rank] {
      guard let order = given(place).map(Self.order), !columns.contains(order.column) else { continue }
      throw refuse(place, "\(order.column) is no column of what is summed up; give another, or by that names it")
    }
    return arguments
  }

  /// The statement that answers such arguments, and what to bind.
  func query(_ arguments: [String?]) -> (query: EndpointQuery, values: [String?]) {
    let bound = relation.statement(for: selection(arguments))
    return (EndpointQuery(bound, path: path), bound.values.map(\.text))
  }

  private func selection(_ arguments: [String?]) -> RowSelection {
    func given(_ place: Place) -> String? { index(place).flatMap { arguments[$0] } }
    let filters = zip(parameters, arguments).compactMap { parameter, value in
      value.flatMap { filter(parameter.name, $0) }
    }
    let order = given(.order).map(Self.order)
    let cursor = given(.cursor).flatMap { text in
      relation.pageOrder(order).flatMap { RowCursor.values(of: text, in: $0) }
    }
    var selection = RowSelection(
      minutes: given(.minutes).flatMap { Int($0) }, start: given(.start), end: given(.end), filters: filters,
      order: order, cursor: cursor, limit: given(.limit).flatMap { Int($0) } ?? 1)
    if given(.step) != nil || given(.by) != nil {
      selection.rollUp = RowSelection.RollUp(
        stepSeconds: Self.steps.first { $0.name == given(.step) }?.seconds, keys: groupKeys(by: given(.by)),
        top: given(.top).flatMap { Int($0) }, rank: given(.rank).map(Self.order))
    }
    return selection
  }

  private func filter(_ parameter: String, _ value: String) -> RowSelection.Filter? {
    for key in relation.keys {
      if parameter == Self.parameter(ofKey: key).name {
        return RowSelection.Filter(column: key.name, condition: .equals(value), parameter: parameter)
      }
      if parameter == Self.parameter(ofNullIn: key).name {
        return RowSelection.Filter(column: key.name, condition: .isNull(value == "true"), parameter: parameter)
      }
    }
    return nil
  }

  private func index(_ place: Place) -> Int? { parameters.firstIndex { $0.name == place.rawValue } }

  /// All of them where `by` is not given.
  private func groupKeys(by text: String?) -> [String] {
    let all = relation.keys.map(\.name)
    return text.map { text in all.filter(Self.names(in: text).contains) } ?? all
  }

  private static func names(in text: String) -> [String] { text.split(separator: ",").map(String.init) }

  private static func order(_ text: String) -> RowSelection.Order {
    text.hasPrefix("-")
      ? RowSelection.Order(column: String(text.dropFirst()), isDescending: true)
      : RowSelection.Order(column: text, isDescending: false)
  }
}

extension EndpointPlan {
  /// The streams that the tables it reads are made of.
  func streams(of relations: [RelationRoute]) -> [String] {
    relations.filter { reads?.contains($0.relation.name) == true }.compactMap(\.relation.stream)
      .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
