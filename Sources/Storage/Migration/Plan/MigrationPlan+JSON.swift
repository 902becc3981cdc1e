import JSON

extension MigrationPlan {
  /// The format of a plan's file. Another one is refused.
  private static let format = 1

  /// The plan as a JSON document, which `init(json:)` reads.
  public var json: String {
    JSONValue.object([
      JSONMember("streampulse_plan", .number("\(Self.format)")),
      JSONMember("possible", .bool(isPossible)),
      JSONMember("empty", .bool(isEmpty)),
      JSONMember("definitions", .string(definitions)),
      JSONMember("database", .string(database)),
      JSONMember("steps", .array(steps.map(\.json))),
    ]).text
  }

  /// Reads a plan that `json` wrote.
  public init(json text: String) throws(StorageError) {
    let refusal = StorageError.definition("this is no plan of streampulse plan --out")
    guard let document = try? JSONValue(parsing: text), let format = document["streampulse_plan"]?.intValue else {
      throw refusal
    }
    guard format == Self.format else {
      throw .definition("the plan was written by another version of StreamPulse: plan again")
    }
    guard let definitions = document["definitions"]?.stringValue, let database = document["database"]?.stringValue,
      case .array(let items)? = document["steps"]
    else { throw refusal }
    var steps: [Step] = []
    for item in items {
      guard let step = Step(item) else { throw refusal }
      steps.append(step)
    }
    self.init(steps: steps, database: database, definitions: definitions)
  }
}

extension MigrationPlan.Step {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("subject", .string(subject.rawValue)), JSONMember("name", .string(name)),
      JSONMember("effect", .string(effect.rawValue)), JSONMember("changes", .array(changes.map(JSONValue.string))),
      JSONMember("advice", advice.map(JSONValue.string) ?? .null),
    ])
  }

  fileprivate init?(_ json: JSONValue) {
    guard let subject = json["subject"]?.stringValue.flatMap(MigrationPlan.Subject.init),
      let effect = json["effect"]?.stringValue.flatMap(MigrationPlan.Effect.init),
      let name = json["name"]?.stringValue, case .array(let changes)? = json["changes"]
    else { return nil }
    self.init(subject, name, effect, changes.compactMap(\.stringValue), advice: json["advice"]?.stringValue)
  }
}
