import Configuration
import Glibc
import Simulation

do {
  let parsed = try SimulationCommand.interface.parse(Array(CommandLine.arguments.dropFirst()))
  if let text = parsed.requestedText {
    print(text, terminator: "")
    exit(0)
  }
  exit(try SimulationCommand(parsed).run())
} catch {
  print("simulate: \(error)")
  exit(2)
}
