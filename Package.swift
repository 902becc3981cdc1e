// swift-tools-version: 6.1
import PackageDescription

// Imports point inward: what a module may import is exactly what is listed here.
// The pure core (JSON, Events, Plan, Avro, SQLFrontend, Dataflow, Detection) does no I/O and knows no clock;
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
    .systemLibrary(name: "CProcess"),
    .systemLibrary(name: "CPrefetch"),

    // The pure core.
    .target(name: "JSON"),
    .target(name: "Events"),
    .target(name: "Plan", dependencies: ["Events"]),
    .target(name: "Avro", dependencies: ["CPrefetch", "Events", "JSON"]),
    .target(name: "SQLFrontend", dependencies: ["Plan", "Events", "JSON", "CPgQuery"]),
    .target(name: "Dataflow", dependencies: ["CPrefetch", "Events", "Plan"]),
    .target(name: "Detection"),

    // The edges.
    .target(name: "Threads"),
    .target(name: "TextFiles"),
    .target(name: "ChildProcess", dependencies: ["CProcess", "Threads"]),
    .target(name: "Observability"),
    .target(name: "Configuration", dependencies: ["CProcess", "TextFiles"]),
    .target(name: "Postgres", dependencies: ["CLibPQ", "ChildProcess", "Threads"]),
    .target(name: "Kafka", dependencies: ["CRdKafka", "Events", "Threads"]),
    .target(name: "HTTPServer", dependencies: ["CMicrohttpd", "Threads"]),
    .target(name: "Project", dependencies: ["Avro", "Events", "Plan", "SQLFrontend", "TextFiles"]),
    .target(
      name: "Pipeline",
      dependencies: [
        "Avro", "Dataflow", "Detection", "Events", "JSON", "Kafka", "Observability", "Plan", "Postgres", "Project",
        "SQLFrontend", "Threads",
      ]),
    .target(
      name: "StatsAPI", dependencies: ["HTTPServer", "JSON", "Observability", "Postgres", "SQLFrontend", "Threads"]),

    .target(
      name: "Benchmark",
      dependencies: [
        "Avro", "CAvro", "CRdKafka", "ChildProcess", "Dataflow", "DownloadEncoding", "Downloads", "Events",
        "HTTPServer", "Kafka", "Pipeline", "Plan", "Postgres", "Project", "SQLFrontend", "Threads",
      ]),

    .target(
      name: "CrashTest",
      dependencies: [
        "ChildProcess", "DownloadEncoding", "Downloads", "Events", "Kafka", "Pipeline", "Plan", "Postgres", "Project",
        "SQLFrontend", "Threads",
      ]),

    // The commands.
    .executableTarget(
      name: "StreamPulse",
      dependencies: [
        "Benchmark", "CProcess", "ChildProcess", "Configuration", "CrashTest", "HTTPServer", "JSON", "Kafka",
        "Observability", "Pipeline", "Plan", "Postgres", "Project", "StatsAPI", "Threads",
      ]),
    // Downloads is pure; libavro and Kafka come in only where events are encoded and sent.
    .target(name: "Downloads", dependencies: ["Events"], path: "generator/Downloads"),
    .target(name: "DownloadEncoding", dependencies: ["CAvro", "Downloads", "Events"], path: "generator/Encoding"),
    .executableTarget(
      name: "event-generator",
      dependencies: ["Avro", "Configuration", "DownloadEncoding", "Downloads", "Events", "Kafka", "TextFiles"],
      path: "generator/Command"),

    // One test target per module, named after it.
    .testTarget(name: "JSONTests", dependencies: ["JSON"]),
    .testTarget(name: "EventsTests", dependencies: ["Events"]),
    .target(
      name: "AvroTestSupport", dependencies: ["Avro", "CAvro", "Events", "JSON"], path: "Tests/AvroTestSupport"),
    .testTarget(name: "AvroTests", dependencies: ["Avro", "AvroTestSupport", "Events", "JSON"]),
    .testTarget(
      name: "SQLFrontendTests", dependencies: ["SQLFrontend", "Plan", "Events", "Avro"], exclude: ["Fixtures"]),
    .testTarget(name: "DataflowTests", dependencies: ["Dataflow", "Plan", "Events"]),
    .testTarget(name: "DetectionTests", dependencies: ["Detection"]),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"]),
    .testTarget(name: "TextFilesTests", dependencies: ["TextFiles"]),
    .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "Threads"]),
    .testTarget(name: "ObservabilityTests", dependencies: ["Observability"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"]),
    .testTarget(name: "PostgresTests", dependencies: ["ChildProcess", "Postgres", "Threads"]),
    .target(name: "KafkaTestNode", dependencies: ["CRdKafka", "Kafka"], path: "Tests/KafkaTestNode"),
    .testTarget(name: "KafkaTests", dependencies: ["Kafka", "KafkaTestNode", "Events", "Threads"]),
    .target(name: "HTTPTestClient", dependencies: ["Threads"], path: "Tests/HTTPTestClient"),
    .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "HTTPTestClient"]),
    .testTarget(
      name: "StatsAPITests",
      dependencies: ["StatsAPI", "HTTPServer", "HTTPTestClient", "JSON", "Postgres", "SQLFrontend", "Threads"]),
    .testTarget(name: "ProjectTests", dependencies: ["Project"]),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Avro", "ChildProcess", "Dataflow", "Events", "Kafka", "KafkaTestNode", "Observability", "Pipeline", "Plan",
        "Postgres", "Project", "SQLFrontend", "Threads",
      ]),
    .testTarget(name: "CrashTestTests", dependencies: ["CrashTest", "Threads"]),
    // The pipeline over a simulated broker, database and clock; `make simulate` runs it.
    .target(
      name: "Simulation",
      dependencies: ["Avro", "Dataflow", "Downloads", "Events", "Kafka", "Pipeline", "Plan", "Postgres"],
      path: "Tests/Simulation"),
    .executableTarget(
      name: "simulate", dependencies: ["Configuration", "Simulation", "Threads"], path: "Tests/SimulationCommand"),
    .testTarget(name: "SimulationTests", dependencies: ["Simulation"]),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .testTarget(
      name: "BenchmarkTests", dependencies: ["AllocationCounter", "Benchmark", "Events", "HTTPServer", "Project"]),
    .testTarget(
      name: "GeneratorTests",
      dependencies: [
        "CAvro", "ChildProcess", "Configuration", "DownloadEncoding", "Downloads", "Events", "Kafka", "event-generator",
      ]),

    // The bodies of the fuzz targets, which the unit tests run over the corpus.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Avro", "AvroTestSupport", "CPgQuery", "Configuration", "Dataflow", "DownloadEncoding", "Downloads", "Events",
        "HTTPServer", "JSON", "Plan", "Postgres", "SQLFrontend", "StatsAPI",
      ],
      path: "Fuzz/Targets"),
    .testTarget(name: "FuzzTargetsTests", dependencies: ["FuzzTargets"]),
  ],
  swiftLanguageModes: [.v6]
)
