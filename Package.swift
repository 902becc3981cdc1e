// swift-tools-version: 6.1
import PackageDescription

// Imports point inward: what a module may import is exactly what is listed here.
// The pure core (Hexadecimal, JSON, Events, TimeZones, Functions, Plan, Avro, TextFormats, Formats, SQLQuoting, Dialects,
// SQLFrontend, Dataflow, Detection, SampleText, Tracing) does no I/O and knows no clock;
// of the C libraries only libpg_query reaches it, and only SQLFrontend.

let package = Package(
  name: "StreamPulse",
  products: [
    .executable(name: "streampulse", targets: ["StreamPulse"]),
    .executable(name: "event-generator", targets: ["event-generator"]),
    // For the package in Fuzz/.
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
  ],
  targets: [
    // C libraries from the distribution: a module map and a shim, no logic.
    .systemLibrary(
      name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]),
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(name: "CAvro", pkgConfig: "avro-c", providers: [.apt(["libavro-dev"]), .brew(["avro-c"])]),
    .systemLibrary(name: "CPgQuery", providers: [.apt(["libpg-query-dev"]), .brew(["libpg_query"])]),
    .systemLibrary(
      name: "CMicrohttpd", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CTLS", pkgConfig: "libssl", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CProcess"),
    .systemLibrary(name: "CPrefetch"),
    .systemLibrary(name: "CTextScan"),
    // What the engine's reading of JSON is measured beside.
    .target(name: "CSimdjson", cxxSettings: [.define("NDEBUG")], linkerSettings: [.linkedLibrary("simdjson")]),

    // The pure core.
    .target(name: "Hexadecimal"),
    .target(name: "JSON"),
    .target(name: "Events"),
    .target(name: "Spelling"),
    .target(name: "TimeZones", dependencies: ["Events"]),
    // The functions and operators of one event.
    .target(name: "Functions", dependencies: ["Events", "JSON", "TimeZones"]),
    .target(name: "Plan", dependencies: ["Detection", "Events", "Functions", "Hexadecimal", "Spelling", "TimeZones"]),
    .target(name: "Avro", dependencies: ["CPrefetch", "Events", "Hexadecimal", "JSON"]),
    .target(name: "TextFormats", dependencies: ["CPrefetch", "CTextScan", "Events", "JSON", "Plan"]),
    .target(name: "Formats", dependencies: ["Avro", "Events", "Hexadecimal", "JSON", "Plan", "TextFormats"]),
    .target(name: "SQLQuoting"),
    .target(name: "Dialects", dependencies: ["Events", "Functions", "Plan", "SQLQuoting"]),
    .target(
      name: "FlinkDialect", dependencies: ["Avro", "Dialects", "Events", "Functions", "Plan", "SQLQuoting"]),
    .target(
      name: "SQLFrontend",
      dependencies: [
        "CPgQuery", "Detection", "Dialects", "Events", "Functions", "JSON", "Plan", "SQLQuoting", "Spelling",
        "SystemTimeZones", "TimeZones",
      ]),
    .target(name: "Dataflow", dependencies: ["CPrefetch", "Events", "Functions", "JSON", "Plan"]),
    .target(name: "Detection", dependencies: ["Events"]),
    // Spans, and how other services are told of them.
    .target(name: "Tracing", dependencies: ["Hexadecimal"]),
    // Samples as lines of text.
    .target(name: "SampleText", dependencies: ["Detection", "Events", "TextFormats"]),

    // The edges.
    // What targets are sent about incidents.
    .target(name: "Notifications", dependencies: ["CCrypto", "Events", "Hexadecimal", "JSON", "Plan"]),
    .target(name: "SystemTimeZones", dependencies: ["TimeZones"]),
    .target(name: "Dashboard", resources: [.embedInCode("Web")]),
    .target(name: "EngineSchema", resources: [.embedInCode("Schema")]),
    .target(name: "Threads"),
    .target(name: "TextFiles"),
    .target(name: "ChildProcess", dependencies: ["CProcess", "Threads"]),
    .target(name: "Observability", dependencies: ["Hexadecimal", "Threads"]),
    .target(name: "Access", dependencies: ["CCrypto", "Events", "Hexadecimal", "Threads"]),
    .target(name: "Configuration", dependencies: ["Access", "CProcess", "Spelling", "TextFiles"]),
    .target(name: "Postgres", dependencies: ["CLibPQ", "ChildProcess", "Hexadecimal", "SQLQuoting", "Threads"]),
    .target(name: "Kafka", dependencies: ["CRdKafka", "Events", "Hexadecimal", "Threads"]),
    .target(name: "HTTPServer", dependencies: ["CCrypto", "CMicrohttpd", "CTLS", "Hexadecimal", "Threads"]),
    .target(name: "HTTPClient", dependencies: ["CCurl"]),
    .target(name: "TraceExport", dependencies: ["HTTPClient", "Observability", "Threads", "Tracing"]),
    .target(name: "SMTPClient", dependencies: ["CCurl", "HTTPClient"]),
    .target(
      name: "Project",
      dependencies: ["Avro", "EngineSchema", "Formats", "JSON", "Plan", "SQLFrontend", "Spelling", "TextFiles"]),
    // What a definition comes to.
    .target(
      name: "Explain",
      dependencies: ["Dataflow", "Detection", "Dialects", "Events", "JSON", "Plan", "SQLQuoting"]),
    // What the engine keeps in Postgres.
    .target(
      name: "Storage",
      dependencies: [
        "Dataflow", "Dialects", "EngineSchema", "Events", "Hexadecimal", "JSON", "Observability", "Plan", "Postgres",
        "Project", "SQLQuoting", "Spelling",
      ]),
    .target(name: "Faults", dependencies: ["Kafka", "Postgres", "Storage"]),
    // Schemas of records that are not the project's own.
    .target(
      name: "Registry",
      dependencies: [
        "Events", "Formats", "HTTPClient", "Hexadecimal", "JSON", "Observability", "Plan", "Postgres", "Storage",
        "Threads",
      ]),
    // Tables that streams are joined with, in memory.
    .target(
      name: "References",
      dependencies: [
        "Dataflow", "Dialects", "Observability", "Plan", "Postgres", "SQLQuoting", "Storage", "Threads",
      ]),
    // From the topic to the tables.
    .target(
      name: "Processing",
      dependencies: [
        "Dataflow", "Dialects", "Events", "Faults", "Formats", "JSON", "Kafka", "Observability", "Plan", "Postgres",
        "Project", "References", "Registry", "SQLQuoting", "Storage", "Threads", "Tracing",
      ]),
    // What one elected instance does: alerts, retention, forwarding of dead letters, delivery of notifications.
    .target(
      name: "Office",
      dependencies: [
        "Detection", "Dialects", "Events", "HTTPClient", "JSON", "Kafka", "Notifications", "Observability", "Plan",
        "Postgres", "SMTPClient", "SQLQuoting", "Storage", "Threads", "Tracing",
      ]),
    // Beside the processors: proof, and rows made anew.
    .target(
      name: "Audit",
      dependencies: [
        "Dataflow", "Dialects", "Events", "Faults", "Formats", "JSON", "Kafka", "Plan", "Postgres", "Project",
        "Registry", "SQLQuoting", "Storage",
      ]),
    .target(
      name: "Rebuild",
      dependencies: [
        "Dataflow", "Dialects", "Events", "Faults", "Formats", "JSON", "Kafka", "Plan", "Postgres", "Project",
        "References", "Registry", "SQLQuoting", "Storage", "Threads",
      ]),
    // A look at single events.
    .target(
      name: "Tail",
      dependencies: [
        "Dataflow", "Events", "Faults", "Formats", "Hexadecimal", "JSON", "Kafka", "Plan", "Project", "Registry",
      ]),
    // Tests of a project's definitions: all of the above without Kafka.
    .target(
      name: "TestRunner",
      dependencies: [
        "Dataflow", "Dialects", "Events", "JSON", "Kafka", "Office", "Plan", "Postgres", "Processing", "Project",
        "References", "SQLQuoting", "StatsAPI", "Storage", "Threads",
      ]),
    .target(
      name: "StatsAPI",
      dependencies: [
        "Access", "CProcess", "CZlib", "CZstd", "Dialects", "HTTPServer", "Hexadecimal", "JSON", "Plan", "Postgres",
        "Threads", "Tracing",
      ]),

    .target(
      name: "Benchmark",
      dependencies: [
        "Access", "Audit", "CAvro", "CRdKafka", "CSimdjson", "ChildProcess", "Dataflow", "Detection", "Dialects",
        "Downloads", "EventEncoding", "Events", "Formats", "HTTPServer", "Kafka", "Office", "Plan", "Postgres",
        "Project", "Sizing", "Storage", "Synthesis", "Threads",
      ]),

    .target(
      name: "CrashTest",
      dependencies: [
        "Audit", "ChildProcess", "Dialects", "Downloads", "EventEncoding", "Events", "Kafka", "Plan", "Postgres",
        "Project", "SQLQuoting", "Storage", "Synthesis", "Threads",
      ]),

    // What is wrong with a system, from facts about it.
    .target(name: "Diagnosis", dependencies: ["JSON"]),
    // What a load needs, from measured costs.
    .target(name: "Sizing", dependencies: ["JSON"]),
    // A new project from a look at its events.
    .target(name: "Scaffold", dependencies: ["Events", "JSON", "SQLQuoting", "TextFormats"]),
    // The commands.
    .executableTarget(
      name: "StreamPulse",
      dependencies: [
        "Access", "Audit", "Benchmark", "CProcess", "ChildProcess", "Configuration", "CrashTest", "Dashboard",
        "Dataflow", "Detection", "Diagnosis", "Dialects", "Events", "Explain", "Faults", "FlinkDialect", "HTTPClient",
        "HTTPServer", "Hexadecimal", "JSON", "Kafka", "Notifications", "Observability", "Office", "Plan", "Postgres",
        "Processing", "Project", "Rebuild", "References", "Registry", "SQLQuoting", "SampleText", "Scaffold", "Sizing",
        "Spelling", "StatsAPI", "Storage", "SystemTimeZones", "Tail", "TestRunner", "TextFiles", "Threads", "TimeZones",
        "TraceExport", "Tracing",
      ]),
    // The generator is pure up to here; libavro and Kafka come in only where events are encoded and sent.
    .target(name: "Synthesis", dependencies: ["Events", "JSON"], path: "generator/Synthesis"),
    .target(name: "Requests", dependencies: ["Events", "Synthesis"], path: "generator/Requests"),
    .target(name: "Downloads", dependencies: ["Events", "Requests", "Synthesis"], path: "generator/Downloads"),
    .target(name: "Trips", dependencies: ["Events", "Synthesis"], path: "generator/Trips"),
    .target(name: "Metrics", dependencies: ["Events", "Synthesis"], path: "generator/Metrics"),
    .target(name: "Donations", dependencies: ["Events", "Synthesis"], path: "generator/Donations"),
    .target(name: "Nexmark", dependencies: ["Events", "Synthesis"], path: "generator/Nexmark"),
    .target(
      name: "Replay", dependencies: ["Events", "JSON", "Plan", "Synthesis", "TextFormats"], path: "generator/Replay"),
    .target(
      name: "EventEncoding", dependencies: ["CAvro", "Downloads", "Events", "Synthesis"], path: "generator/Encoding"),
    .executableTarget(
      name: "event-generator",
      dependencies: [
        "Avro", "Configuration", "Donations", "Downloads", "EventEncoding", "Events", "JSON", "Kafka", "Metrics",
        "Nexmark", "Plan", "Project", "Replay", "Requests", "Spelling", "Synthesis", "TextFiles", "Threads", "Tracing",
        "Trips",
      ],
      path: "generator/Command"),

    // Threads for tests that wait.
    .target(name: "TestThreads", dependencies: ["Threads"], path: "Tests/TestThreads"),

    // One test target per module, named after it.
    .testTarget(name: "HexadecimalTests", dependencies: ["Hexadecimal"]),
    .testTarget(name: "JSONTests", dependencies: ["JSON"]),
    .testTarget(name: "DiagnosisTests", dependencies: ["Diagnosis"]),
    .testTarget(name: "SizingTests", dependencies: ["JSON", "Sizing"]),
    .testTarget(name: "ScaffoldTests", dependencies: ["JSON", "Scaffold"]),
    .testTarget(name: "EventsTests", dependencies: ["Events"]),
    .testTarget(name: "TimeZonesTests", dependencies: ["SystemTimeZones", "TimeZones"]),
    .target(
      name: "AvroTestSupport", dependencies: ["Avro", "CAvro", "Events", "JSON"], path: "Tests/AvroTestSupport"),
    .testTarget(name: "AvroTests", dependencies: ["Avro", "AvroTestSupport", "Events"]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Avro", "Events", "Formats", "JSON", "Plan"]),
    .testTarget(name: "TextFormatsTests", dependencies: ["Events", "Plan", "TextFormats"]),
    .testTarget(
      name: "SQLFrontendTests",
      dependencies: ["Detection", "Dialects", "Events", "Functions", "Plan", "SQLFrontend", "SystemTimeZones"],
      exclude: ["Fixtures"]),
    .testTarget(name: "DataflowTests", dependencies: ["Dataflow", "Events", "Functions", "Plan"]),
    .testTarget(name: "DetectionTests", dependencies: ["Detection"]),
    .testTarget(name: "SampleTextTests", dependencies: ["SampleText"]),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"]),
    .testTarget(name: "TextFilesTests", dependencies: ["TextFiles"]),
    .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "Threads"]),
    .testTarget(name: "ObservabilityTests", dependencies: ["Observability"]),
    .testTarget(name: "AccessTests", dependencies: ["Access"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"]),
    .testTarget(name: "PostgresTests", dependencies: ["ChildProcess", "Postgres", "TestThreads", "Threads"]),
    .target(name: "KafkaTestNode", dependencies: ["CRdKafka", "ChildProcess", "Kafka"], path: "Tests/KafkaTestNode"),
    .testTarget(
      name: "KafkaTests", dependencies: ["ChildProcess", "Events", "Kafka", "KafkaTestNode", "TestThreads", "Threads"]),
    .target(name: "HTTPTestClient", dependencies: ["Threads"], path: "Tests/HTTPTestClient"),
    .testTarget(name: "TracingTests", dependencies: ["Tracing"]),
    .testTarget(
      name: "TraceExportTests",
      dependencies: ["HTTPServer", "Observability", "TestThreads", "Threads", "TraceExport", "Tracing"]),
    .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTPServer", "Threads"]),
    .testTarget(name: "NotificationsTests", dependencies: ["Hexadecimal", "JSON", "Notifications", "Plan"]),
    .target(
      name: "RegistryTestSupport", dependencies: ["HTTPServer", "JSON", "Registry"],
      path: "Tests/RegistryTestSupport"),
    .testTarget(
      name: "HTTPServerTests", dependencies: ["HTTPClient", "HTTPServer", "HTTPTestClient", "Hexadecimal", "Threads"]),
    .testTarget(
      name: "StatsAPITests",
      dependencies: [
        "Access", "ChildProcess", "Dialects", "HTTPServer", "HTTPTestClient", "Hexadecimal", "JSON", "Plan", "Postgres",
        "SQLFrontend", "StatsAPI", "TestThreads", "Threads",
      ]),
    .testTarget(name: "DashboardTests", dependencies: ["Dashboard"]),
    .testTarget(name: "EngineSchemaTests", dependencies: ["EngineSchema"]),
    .testTarget(name: "FlinkDialectTests", dependencies: ["FlinkDialect", "Plan", "Project"]),
    .testTarget(name: "ExplainTests", dependencies: ["Explain", "JSON", "Plan", "ProcessingTestSupport", "Project"]),
    .testTarget(name: "ProjectTests", dependencies: ["Events", "Formats", "Plan", "Project"]),
    // A migrated database, a broker and instances of a processor, for the tests of all that works with them.
    .target(
      name: "ProcessingTestSupport",
      dependencies: [
        "Audit", "ChildProcess", "Dataflow", "Events", "Faults", "Formats", "Kafka", "Observability", "Plan",
        "Postgres", "Processing", "Project", "References", "Registry", "Storage", "Threads",
      ], path: "Tests/ProcessingTestSupport"),
    .testTarget(
      name: "StorageTests",
      dependencies: [
        "Dialects", "EngineSchema", "Events", "Observability", "Plan", "Postgres", "Processing",
        "ProcessingTestSupport", "Project", "SQLFrontend", "Storage", "SystemTimeZones", "TestThreads", "TimeZones",
      ]),
    .testTarget(
      name: "ReferencesTests",
      dependencies: [
        "Dataflow", "Events", "Observability", "Plan", "Postgres", "ProcessingTestSupport", "References", "SQLFrontend",
        "Storage", "TestThreads", "Threads",
      ]),
    .testTarget(
      name: "RegistryTests",
      dependencies: [
        "Avro", "Events", "Formats", "HTTPClient", "Observability", "Plan", "Postgres", "ProcessingTestSupport",
        "Registry", "RegistryTestSupport", "Storage", "Threads",
      ]),
    .testTarget(
      name: "ProcessingTests",
      dependencies: [
        "Dataflow", "Events", "Faults", "JSON", "Kafka", "KafkaTestNode", "Observability", "Plan", "Postgres",
        "Processing", "ProcessingTestSupport", "Project", "Registry", "RegistryTestSupport", "Storage", "TestThreads",
        "TextFiles", "Threads", "Tracing",
      ]),
    .testTarget(
      name: "OfficeTests",
      dependencies: [
        "Detection", "Dialects", "Events", "HTTPServer", "JSON", "Kafka", "Observability", "Office", "Plan", "Postgres",
        "Processing", "ProcessingTestSupport", "Project", "Storage", "Synthesis", "TestThreads", "Threads",
      ]),
    .testTarget(
      name: "AuditTests",
      dependencies: [
        "Audit", "Events", "Postgres", "Processing", "ProcessingTestSupport", "Project", "TestThreads",
        "Threads",
      ]),
    .testTarget(
      name: "RebuildTests",
      dependencies: [
        "Audit", "Dataflow", "Dialects", "Events", "Faults", "Kafka", "Office", "Postgres", "Processing",
        "ProcessingTestSupport", "Project", "Rebuild", "Storage", "TestThreads", "Threads",
      ]),
    .testTarget(
      name: "TailTests",
      dependencies: ["Events", "Faults", "JSON", "Kafka", "ProcessingTestSupport", "Project", "Tail"]),
    .testTarget(
      name: "TestRunnerTests",
      dependencies: ["Hexadecimal", "Postgres", "ProcessingTestSupport", "Project", "TestRunner", "TestThreads"]),
    // Random values and expressions, for tests that a real Postgres judges.
    .target(
      name: "PostgresOracle", dependencies: ["Events", "JSON", "Postgres", "ProcessingTestSupport"],
      path: "Tests/PostgresOracle"),
    // What the engine computes per event against a real Postgres.
    .testTarget(
      name: "CastsTests",
      dependencies: [
        "Dataflow", "Dialects", "Events", "Functions", "JSON", "Plan", "Postgres", "PostgresOracle", "SQLFrontend",
        "TestThreads", "TextFormats",
      ]),
    // Whole definitions against a real Postgres.
    .testTarget(
      name: "DefinitionsTests",
      dependencies: [
        "Avro", "Dataflow", "Dialects", "EngineSchema", "Events", "Formats", "Functions", "JSON", "Plan", "Postgres",
        "PostgresOracle", "ProcessingTestSupport", "SQLFrontend", "SQLQuoting", "Storage", "TestThreads",
      ]),
    // What the engine keeps of events against Postgres' own aggregates over them.
    .testTarget(
      name: "AggregatesTests",
      dependencies: [
        "Dataflow", "Dialects", "EngineSchema", "Events", "Plan", "Postgres", "ProcessingTestSupport", "References",
        "SQLFrontend", "Storage", "TestThreads", "TextFormats", "Threads",
      ]),
    .testTarget(
      name: "CrashTestTests", dependencies: ["ChildProcess", "CrashTest", "Events", "Formats", "Project", "Threads"]),
    // The pipeline over a simulated broker, database and clock; `make simulate` runs it.
    .target(
      name: "Simulation",
      dependencies: [
        "Avro", "Dataflow", "Detection", "Events", "Faults", "Formats", "Kafka", "Office", "Plan", "Postgres",
        "Processing", "Synthesis", "Threads",
      ],
      path: "Tests/Simulation"),
    .executableTarget(
      name: "simulate", dependencies: ["Configuration", "Simulation", "Threads"], path: "Tests/SimulationCommand"),
    .testTarget(name: "SimulationTests", dependencies: ["Simulation"]),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .testTarget(
      name: "BenchmarkTests",
      dependencies: ["AllocationCounter", "Benchmark", "Events", "HTTPServer", "Plan", "Project", "TextFormats"]),
    .testTarget(
      name: "GeneratorTests",
      dependencies: [
        "Avro", "AvroTestSupport", "ChildProcess", "Configuration", "Donations", "Downloads", "EventEncoding", "Events",
        "JSON", "Kafka", "Metrics", "Nexmark", "Plan", "Replay", "Requests", "Synthesis", "TestThreads", "Threads",
        "Trips",
        "event-generator",
      ]),

    // The bodies of the fuzz targets, which the unit tests run over the corpus.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Avro", "AvroTestSupport", "CPgQuery", "Configuration", "Dataflow", "Dialects", "Downloads", "EventEncoding",
        "Events", "HTTPServer", "JSON", "Plan", "Postgres", "Replay", "Requests", "SQLFrontend", "SQLQuoting",
        "StatsAPI", "Synthesis", "TextFormats",
      ],
      path: "Fuzz/Targets"),
    .testTarget(name: "FuzzTargetsTests", dependencies: ["FuzzTargets"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
