import Configuration
import HTTPServer
import Observability
import Threads

/// What the API speaks TLS with, as its settings say.
enum ServedCertificate {
  /// Fails, as a wrong setting, when the pair cannot be used; nil: the API speaks plain HTTP.
  static func read(_ settings: Configuration.API) throws -> TLSIdentity? {
    guard let files = settings.tls else { return nil }
    do throws(TLSIdentityError) {
      return try TLSIdentity(
        certificateFile: files.certificate, keyFile: files.key, now: Clock.wall() / 1_000_000)
    } catch {
      throw ConfigurationError(
        location: error.part == .certificate ? SettingKey.apiTLSCertificate.rawValue : SettingKey.apiTLSKey.rawValue,
        message: error.description, hint: error.hint)
    }
  }

  /// Reads the pair again for a server that runs; with one that cannot be used, it goes on with what it has.
  static func renew(_ server: HTTPServer, _ settings: Configuration.API, _ observer: Observer) {
    do {
      guard let identity = try read(settings) else { return }
      server.use(identity)
      observer.observe(.certificateTaken(file: settings.tls?.certificate ?? ""))
    } catch {
      observer.observe(.certificateRefused(reason: "\(error)"))
    }
  }
}
