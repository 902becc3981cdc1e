import Configuration

endProcess(status: runGenerator(Array(CommandLine.arguments.dropFirst())))
