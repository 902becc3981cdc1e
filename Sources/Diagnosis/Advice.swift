/// What to do about errors of servers, by their words.
public enum Advice {
  /// About a connection to Postgres that could not be made.
  ///
  /// - Parameter settings: that say where it is.
  public static func againstPostgres(_ text: String, settings: String = "DATABASE_URL") -> String {
    let advice = againstPostgres(of: text)
    return settings == "DATABASE_URL"
      ? advice
      : advice.replacing("DATABASE_URL or PG_PASSWORD", with: settings)
        .replacing("DATABASE_URL or PG_DATABASE, PG_USER", with: settings)
        .replacing("DATABASE_URL or PG_HOST", with: settings).replacing("DATABASE_URL", with: settings)
  }

  private static func againstPostgres(of text: String) -> String {
    let known: [(String, String)] = [
      (
        "certificate verify failed",
        "the server's certificate has expired, or is of an authority that the file of sslrootcert in DATABASE_URL does "
          + "not hold; openssl s_client -starttls postgres shows it"
      ),
      (
        "does not match host name",
        "name the host in DATABASE_URL as its certificate does, or have it made for this one"
      ),
      (
        "server does not support SSL",
        "switch ssl on at the server, or lower sslmode in DATABASE_URL where that is meant"
      ),
      (
        "requires a valid client certificate",
        "name one in DATABASE_URL: sslcert=FILE and sslkey=FILE, of an authority in the server's ssl_ca_file"
      ),
      (
        "certificate authentication failed",
        "the client certificate of sslcert is of another user than that of DATABASE_URL"
      ),
      ("certificate expired", "renew the client certificate, the file of sslcert in DATABASE_URL"),
      ("unknown ca", "the client certificate of sslcert is of an authority that is not in the server's ssl_ca_file"),
      (
        "channel binding",
        "channel_binding=require wants TLS and a password that the server keeps as scram-sha-256"
      ),
      ("root certificate file", "sslrootcert in DATABASE_URL names no file: it is needed for this sslmode"),
      ("certificate file", "sslcert in DATABASE_URL names no file that can be read"),
      ("private key file", "sslkey in DATABASE_URL names no file that can be read and that others may not read"),
      (
        "password authentication failed",
        "set the password of DATABASE_URL or PG_PASSWORD; psql with the same address tells"
      ),
      ("no password supplied", "set the password of DATABASE_URL or PG_PASSWORD"),
      (
        "no pg_hba.conf entry", "the server's pg_hba.conf lets this user in from elsewhere only, or with another method"
      ),
      (
        "too many connections for",
        "raise the CONNECTION LIMIT of the role or the database, or stop what holds its connections"
      ),
      (
        "does not exist",
        "create it (createdb, createuser), or correct the name in DATABASE_URL or PG_DATABASE, PG_USER"
      ),
      ("Connection refused", "nobody listens there: is Postgres running, and are host and port those of DATABASE_URL?"),
      ("could not translate host name", "the host's name is unknown here: correct DATABASE_URL or PG_HOST"),
      ("too many clients", "raise max_connections of the server, or stop what holds its connections"),
      ("remaining connection slots", "raise max_connections of the server, or stop what holds its connections"),
      ("No space left on device", "the server's disk is full: make room"),
      ("not permitted to log in", "ALTER ROLE … LOGIN, or use another user"),
      ("timeout", "nothing answers at that address: a firewall, another network, a server that hangs"),
      ("starting up", "it is starting: wait a moment"),
      ("shutting down", "it is being stopped: wait, or start it again"),
      ("SSL", "sslmode, sslrootcert and the server's certificate do not fit together"),
    ]
    return known.first { text.contains($0.0) }?.1 ?? "psql with the same address says more"
  }

  /// About brokers that do not answer, or not to this client.
  public static func againstKafka(_ text: String) -> String {
    if text.contains("to be renewed there") { return "renew the certificate of the broker's listener" }
    // What the client says of a connection ends with the properties that it is about.
    if let see = text.firstRange(of: ": see ") {
      let names = text[see.upperBound...].split(separator: ",").map { variable(String($0.filter { $0 != " " })) }
      return "correct \(names.joined(separator: ", ")), or what the broker is configured with"
    }
    if text.contains("uthentication") || text.contains("SASL") {
      return "user, password or mechanism are not the broker's: KAFKA_PROPERTY_SASL_…"
    }
    if text.contains("SSL") || text.contains("ertificate") {
      return "the certificates do not fit: KAFKA_PROPERTY_SECURITY_PROTOCOL, KAFKA_PROPERTY_SSL_…"
    }
    if text.contains("roperty") { return "correct the KAFKA_PROPERTY_… that is named" }
    return
      "is it running, are host and port those of KAFKA_BOOTSTRAP_SERVERS, and can this machine reach the addresses "
      + "that the brokers advertise (advertised.listeners)?"
  }

  /// The setting of a property of librdkafka.
  private static func variable(_ property: String) -> String {
    if property == "bootstrap.servers" { return "KAFKA_BOOTSTRAP_SERVERS" }
    let letters = property.uppercased().map { $0 == "." ? "_" : $0 == "*" ? "…" : $0 }
    return "KAFKA_PROPERTY_" + String(letters)
  }

  /// About a database that does not fit, where the error has no hint of its own.
  public static func againstDatabase(_ text: String) -> String? {
    if text.contains("newer version of StreamPulse") { return "use the program that has migrated it, or a newer one" }
    if text.contains("StreamPulse needs UTF8") { return "make a database with --encoding=UTF8" }
    if text.contains("permission denied") {
      return "GRANT it to this user, or use the user who has run streampulse migrate"
    }
    return nil
  }
}
