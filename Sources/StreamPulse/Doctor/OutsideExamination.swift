import Configuration
import Diagnosis
import HTTPClient
import Plan
import Project
import Registry

/// What can be wrong with servers outside that a project uses: targets of notifications, a schema registry.
struct OutsideExamination {
  let configuration: Configuration

  /// Each target's address and the variables that it names. Nothing is sent.
  func targets(_ project: Project) -> [Finding] {
    project.targets.flatMap { target -> [Finding] in
      let area = "target \(target.name)"
      let variables = [target.key, target.token, target.password].compactMap { $0 }
      var found = variables.filter { configuration.secrets[$0] == nil }.map { variable in
        Finding.failure(area, "the variable \(variable), which it names, is not set", "set it for streampulse process")
      }
      let address: String
      switch target.address {
      case .text(let text): address = text
      case .environment(let variable):
        guard let secret = configuration.secrets[variable] else {
          return found + [
            .failure(area, "the variable \(variable) with its address is not set", "set it for streampulse process")
          ]
        }
        address = secret.revealed
      }
      // The path of a webhook may be its secret: only the place is named.
      if let place = Reachability.place(of: address),
        let problem = Reachability.problem(host: place.host, port: place.port)
      {
        found.append(
          .warning(
            area, "nobody is reached at \(place.host):\(place.port): \(problem)",
            "is it running, and is that its address? streampulse alerts notify-test \(target.name) sends a message"))
      }
      return found
    }
  }

  /// Whether the registry answers, and takes what it is asked with.
  static func examine(_ registry: RegistrySettings) -> [Finding] {
    var problems: [String] = []
    for address in registry.addresses {
      do {
        let client = try HTTPClient(registry.http)
        let answer = try client.get(address + "/subjects?subjectPrefix=streampulse-doctor")
        switch answer.status {
        case 401, 403:
          return [
            .failure(
              "registry", "\(address) refuses this user or token (\(answer.status))",
              "correct SCHEMA_REGISTRY_USER, SCHEMA_REGISTRY_PASSWORD or SCHEMA_REGISTRY_TOKEN, or grant READ")
          ]
        case 500...: problems.append("\(address) answers \(answer.status)")
        default: return []
        }
      } catch {
        problems.append("\(address): \(error)")
      }
    }
    return [
      .warning(
        "registry", "no schema registry answers: \(problems.joined(separator: "; "))",
        "records of schemas that are kept go on; those of new ones wait. Is SCHEMA_REGISTRY_URL right?")
    ]
  }
}
