import Configuration
import Testing

@Suite struct CommandLineTests {
  let program = CommandLineInterface(
    program: "tool", summary: "Does things.", version: "1.2.3",
    commands: [
      CommandSpec(
        name: "serve", summary: "Serve the API", details: "Needs a database.",
        options: [
          OptionSpec("rate", value: "N", summary: "How fast", default: "10"),
          OptionSpec("incident", value: "SPEC", summary: "Stage an outage", isRepeatable: true),
          OptionSpec(flag: "no-demo", summary: "Without load"),
        ],
        settings: [.apiPort, .kafkaBootstrapServers, .databaseURL]),
      CommandSpec(
        name: "replay", summary: "Replay a file",
        arguments: [
          ArgumentSpec("FILE", summary: "What to replay"),
          ArgumentSpec("MORE", summary: "And these", isRequired: false, isRepeatable: true),
        ]),
      CommandSpec(name: "check", summary: "Check definitions"),
    ])

  @Test("options, flags, repeated options and settings are found wherever they stand")
  func parses() throws {
    let parsed = try program.parse([
      "serve", "--rate", "5", "--incident=a:1", "--no-demo", "--api-port", "8080", "--incident", "b:2",
      "--kafka-property", "security.protocol=ssl",
    ])
    #expect(parsed.command == "serve")
    #expect(parsed.string("rate") == "5")
    #expect(try parsed.integer("rate", in: 1...10) == 5)
    #expect(try parsed.number("rate") == 5)
    #expect(parsed.strings("incident") == ["a:1", "b:2"])
    #expect(parsed.flag("no-demo"))
    #expect(parsed.settings == ["API_PORT": "8080", "KAFKA_PROPERTY_SECURITY_PROTOCOL": "ssl"])
    #expect(parsed.requestedText == nil)
  }

  @Test("what was not given is nil, empty or false")
  func absent() throws {
    let parsed = try program.parse(["serve"])
    #expect(parsed.string("rate") == nil)
    #expect(try parsed.integer("rate") == nil)
    #expect(parsed.strings("incident").isEmpty)
    #expect(!parsed.flag("no-demo"))
    #expect(parsed.settings.isEmpty)
  }

  @Test("positional arguments stand between options and after --")
  func positional() throws {
    #expect(try program.parse(["replay", "a.log", "b.log"]).positional == ["a.log", "b.log"])
    #expect(try program.parse(["replay", "--", "--odd.log"]).positional == ["--odd.log"])
  }

  static let refused: [([String], String)] = [
    ([], "tool needs a command; see tool --help"),
    (["sevre"], "unknown command \"sevre\"; did you mean \"serve\"?"),
    (["dance"], "unknown command \"dance\"; see tool --help"),
    (["--rate", "5"], "unknown option --rate before the command; see tool --help"),
    (["serve", "--raet", "5"], "unknown option --raet; did you mean --rate?"),
    (["serve", "--zzzzzz"], "unknown option --zzzzzz; see tool serve --help"),
    (["serve", "-x"], "unknown option -x; see tool serve --help"),
    (["serve", "--rate"], "--rate needs a value; see tool serve --help"),
    (["serve", "--no-demo=yes"], "--no-demo takes no value; see tool serve --help"),
    (["serve", "--rate", "1", "--rate", "2"], "--rate is given twice; see tool serve --help"),
    (["serve", "extra"], "unexpected argument \"extra\"; see tool serve --help"),
    (["serve", "--database-url", "x"], "unknown option --database-url; see tool serve --help"),
    (["serve", "--kafka-property", "ssl"], "--kafka-property needs NAME=VALUE, not \"ssl\"; see tool serve --help"),
    (
      ["serve", "--kafka-property", "sasl.password=hunter2"],
      "sasl.password is a secret: set KAFKA_PROPERTY_SASL_PASSWORD in the environment or .env; see tool serve --help"
    ),
    (["replay"], "FILE is missing; see tool replay --help"),
  ]

  @Test("a wrong command line is refused in one line with a hint", arguments: refused)
  func refuses(arguments: [String], message: String) {
    let error = #expect(throws: UsageError.self) { try program.parse(arguments) }
    #expect(error?.description == message)
  }

  @Test(
    "a value that is no number of the range is refused",
    arguments: [
      ("x", "--rate needs a whole number in 1..10, not \"x\"; see tool serve --help"),
      ("11", "--rate needs a whole number in 1..10, not \"11\"; see tool serve --help"),
    ])
  func refusesNumber(text: String, message: String) throws {
    let parsed = try program.parse(["serve", "--rate", text])
    let error = #expect(throws: UsageError.self) { try parsed.integer("rate", in: 1...10) }
    #expect(error?.description == message)
  }

  @Test("the help of a command names everything that it takes")
  func commandHelp() throws {
    let text = try #require(try program.parse(["serve", "--help"]).requestedText)
    let expected = [
      "Serve the API", "Usage: tool serve [OPTIONS]", "Needs a database.", "--rate N", "How fast (default: 10)",
      "--incident SPEC", "(repeatable)", "--no-demo", "--help", "--api-port N", "[API_PORT]", "(default: 8000)",
      "--kafka-property NAME=VALUE", "DATABASE_URL",
    ]
    for part in expected { #expect(text.contains(part), "\(part) is missing in:\n\(text)") }
    #expect(!text.contains("--database-url"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("help wins over missing arguments", arguments: [["replay", "--help"], ["replay", "-h"], ["help", "replay"]])
  func helpWins(arguments: [String]) throws {
    #expect(try program.parse(arguments).requestedText?.contains("Usage: tool replay [OPTIONS] FILE [MORE…]") == true)
  }

  @Test("the help of the program lists its commands")
  func programHelp() throws {
    let text = try #require(try program.parse(["--help"]).requestedText)
    for command in program.commands { #expect(text.contains("  \(command.name)")) }
    #expect(try program.parse(["help"]).requestedText == text)
  }

  @Test("--version gives name and version")
  func version() throws {
    #expect(try program.parse(["--version"]).requestedText == "tool 1.2.3\n")
  }

  @Test("a program with a nameless command takes options without a subcommand, and subcommands too")
  func namelessCommand() throws {
    let generator = CommandLineInterface(
      program: "gen", summary: "Makes events.", version: "1",
      commands: [
        CommandSpec(name: "", summary: "", options: [OptionSpec("rate", value: "N", summary: "How fast")]),
        CommandSpec(name: "replay", summary: "Replay", arguments: [ArgumentSpec("FILE", summary: "What")]),
      ])
    #expect(try generator.parse(["--rate", "7"]).string("rate") == "7")
    #expect(try generator.parse([]).command.isEmpty)
    #expect(try generator.parse(["replay", "x"]).positional == ["x"])
    #expect(try generator.parse(["--version"]).requestedText == "gen 1\n")
    let help = try #require(try generator.parse(["--help"]).requestedText)
    #expect(help.contains("--rate N") && help.contains("replay"))
    let error = #expect(throws: UsageError.self) { try generator.parse(["repaly"]) }
    #expect(error?.description == "unknown command \"repaly\"; did you mean \"replay\"?")
  }
}
