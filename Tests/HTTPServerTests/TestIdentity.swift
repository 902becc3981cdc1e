import Glibc
import HTTPServer

/// Certificates for `localhost` and 127.0.0.1, each its own authority, with their keys: made for these tests, which are the
/// only ones to trust them. Valid from 2020 to 2120.
struct TestIdentity {
  let certificate: String
  let key: String

  static let first = TestIdentity(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBXjCCAQWgAwIBAgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVmaXJzdDAg
      Fw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowEDEOMAwGA1UEAwwFZmly
      c3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQcJtUzqy73idKtXgoT2Cl2B2Zt
      Klia9cQ4TkCxJQqoL6onLESnQ/BcFJhTdK+QUlK3kSJAS6UASac1ZxJtIp6Vo04w
      TDAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAd
      BgNVHQ4EFgQUAzww7BbBenj8Cx3FY2Gzws6wiB4wCgYIKoZIzj0EAwIDRwAwRAIg
      FrTiIs5WkLahIkiG8r7uEIdoZu+gv2froGWKdynGuyYCIAF/ZnnGEB0ypB0FYXSI
      GY/jhUaBQgiAP6+0+tpWR45E
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx/li0SmnQacHQQyE
      OO2santRvB4ZRUdF2ptWgrWHmcuhRANCAAQcJtUzqy73idKtXgoT2Cl2B2ZtKlia
      9cQ4TkCxJQqoL6onLESnQ/BcFJhTdK+QUlK3kSJAS6UASac1ZxJtIp6V
      -----END PRIVATE KEY-----

      """)
  static let second = TestIdentity(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZzZWNvbmQw
      IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBExDzANBgNVBAMMBnNl
      Y29uZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGWjhbzVmP2xVV34M54g86JE
      9LIuHDqjfjiDSX7+rMOc/RFezK3bSUTHmnU14pyM0vCZECp/7Vofsf5brftf72mj
      TjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAAB
      MB0GA1UdDgQWBBRnfRBzxx3lFHBv2kkEGVY7klNW3TAKBggqhkjOPQQDAgNIADBF
      AiEA+jIskeGmTvEfT8zAHcUPinn4v6WR9AHbe+nPrP0CzAMCIDADDNN14BiYk7cn
      LO+6gf+0T3m0ts6FJ6s2ug/yKwQa
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBIJDVTwUi2zwJpDc
      z/UrC/foofaXeuI6gyTFRSNUgc6hRANCAARlo4W81Zj9sVVd+DOeIPOiRPSyLhw6
      o344g0l+/qzDnP0RXsyt20lEx5p1NeKcjNLwmRAqf+1aH7H+W637X+9p
      -----END PRIVATE KEY-----

      """)

  /// The first one's key, with a passphrase.
  static let lockedKey = """
    -----BEGIN EC PRIVATE KEY-----
    Proc-Type: 4,ENCRYPTED
    DEK-Info: AES-128-CBC,727C2EE848B258460202F0BAF9C6557F

    n3q1oFgEsMXT1xf90WGFsfO6/fUdVyJRO7SPX05s4KlTCDntPEGsmR3c11ImFxNs
    sPExl7jAUJGXVfN/PNPGmZIihYXRhBtEiADdUsbWL1raHY6yAX8ibApNu2zjXFpZ
    Z5QAc+Si6f8beGjSQtli61KMUVX4yzrWWcanB8ES2X8=
    -----END EC PRIVATE KEY-----

    """
}

/// A folder for the files of one test.
final class TestFolder {
  let path: String

  init() {
    var template = Array("/tmp/streampulse-tls-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }

  deinit {
    for name in files { unlink(path + "/" + name) }
    rmdir(path)
  }

  private var files: Set<String> = []

  /// The path of a file with this text.
  func file(_ name: String, _ text: String) -> String {
    files.insert(name)
    let path = path + "/" + name
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
    return path
  }

  func identity(_ identity: TestIdentity) throws -> TLSIdentity {
    try TLSIdentity(
      certificateFile: file("pem", identity.certificate), keyFile: file("key", identity.key), now: Int64(time(nil)))
  }
}
