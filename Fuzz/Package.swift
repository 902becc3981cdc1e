// swift-tools-version: 6.1
import PackageDescription

// A package of its own because every module in it, those of the product too, is compiled with instrumentation: `make
// fuzz` passes the flags.
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "StreamPulse", path: "..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "FuzzTargets", package: "StreamPulse")], path: "Driver",
      swiftSettings: [.enableExperimentalFeature("Extern")])
  ],
  swiftLanguageModes: [.v6]
)
