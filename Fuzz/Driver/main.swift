import FuzzTargets
import Glibc

// fuzz TARGET [libFuzzer option or input file]...: libFuzzer around one target; `fuzz` alone lists the targets.
//
// Files are run once, without fuzzing. What a run comes upon is kept under .build/fuzz/corpus, for the next one; findings
// are written to .build/fuzz/findings.

@_extern(c, "LLVMFuzzerRunDriver")
func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The one target of this process; set before the driver runs, which calls it on the same thread.
nonisolated(unsafe) var body: FuzzTarget.Body = { _ in }

/// Writes a line to standard error, unbuffered: the process may be about to end.
func complain(_ line: String) {
  var line = line + "\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Runs libFuzzer with the target's limits; options that follow take precedence.
func fuzz(_ target: FuzzTarget, options: [String]) throws -> CInt {
  body = try target.prepare()
  let root = RepositoryFile.root
  var arguments = [CommandLine.arguments[0]]
  if options.allSatisfy({ $0.hasPrefix("-") }) {
    let seeds = ["Fuzz/Corpus/\(target.name)"] + target.seedFolders
    arguments += ([".build/fuzz/corpus/\(target.name)"] + seeds).map { "\(root)/\($0)" }
  }
  arguments += [
    "-max_len=\(target.maximumInputBytes)", "-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=128",
    "-artifact_prefix=\(root)/.build/fuzz/findings/\(target.name)-", "-print_final_stats=1",
  ]
  let dictionary = "\(root)/Fuzz/Dictionaries/\(target.name).dict"
  if access(dictionary, R_OK) == 0 { arguments.append("-dict=\(dictionary)") }
  arguments += options

  var pointers = arguments.map { strdup($0) } + [nil]
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard var base = buffer.baseAddress else { return 1 }
    var count = CInt(arguments.count)
    return runDriver(&count, &base) { bytes, count in
      do {
        try body(UnsafeBufferPointer(start: bytes, count: count))
        return 0
      } catch {
        complain("finding: \(error)")
        abort()
      }
    }
  }
}

let arguments = CommandLine.arguments.dropFirst()
guard let name = arguments.first else {
  for target in FuzzTarget.all { print(target.name) }
  exit(0)
}
guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
  complain("there is no target \(name); there are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
  exit(2)
}
exit(try fuzz(target, options: Array(arguments.dropFirst())))
