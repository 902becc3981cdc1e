import Configuration
import HTTPClient
import JSON

/// `streampulse health`: asks what runs on this machine for `/health`. Exit status 0 when it is answered with 200.
func health(_ context: CommandContext, _ parsed: ParsedCommand) throws -> Int32 {
  let configuration = context.configuration
  let configured = [ListeningAddress.api(configuration.api), ListeningAddress.metrics(configuration.engine)]
  let addresses = parsed.string("url").map { [$0] } ?? configured.compactMap { $0?.url }
  var settings = HTTPClientSettings()
  settings.connectTimeoutMilliseconds = 2_000
  settings.timeoutMilliseconds = 5_000
  let client = try HTTPClient(settings)
  var problems: [String] = []
  for address in addresses {
    do throws(HTTPClientError) {
      // With or without the slash that browsers write behind a host.
      let answer = try client.get(address + (address.hasSuffix("/") ? "health" : "/health"))
      let text = String(decoding: answer.body, as: UTF8.self)
      // Its certificate is for the name that others call it by.
      if configuration.api.tls != nil, text.contains("this port speaks TLS") {
        print("\(address) answers in TLS")
        return 0
      }
      print((try? JSONValue(parsing: text))?["status"]?.stringValue ?? "\(address) answers \(answer.status)")
      flushOutput()
      return answer.status == 200 ? 0 : 1
    } catch {
      problems.append("\(address): \(error)")
    }
  }
  fail("nobody answers: " + problems.joined(separator: "; "))
  return 1
}
