import Glibc

exit(runGenerator(Array(CommandLine.arguments.dropFirst())))
