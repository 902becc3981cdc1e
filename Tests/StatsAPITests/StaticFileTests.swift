import Glibc
import HTTPTestClient
import StatsAPI
import Testing

/// A folder with `web/` in it, and a file outside of `web/` that nobody may get.
private final class WebFolder {
  let root: String

  init() {
    var template = Array("/tmp/streampulse-web-XXXXXX".utf8CString)
    root = mkdtemp(&template).map { String(cString: $0) } ?? ""
    for folder in ["web", "web/styles", "web/.git"] { mkdir("\(root)/\(folder)", 0o755) }
    write("web/index.html", "<p>home</p>")
    write("web/app.js", "export {}")
    write("web/styles/theme.css", "a{}")
    write("web/.git/config", "hidden")
    write("secret.txt", "secret")
    write("vendor.js", "vendored")
    symlink("../secret.txt", "\(root)/web/link.txt")
    symlink("app.js", "\(root)/web/inside.js")
    symlink("..", "\(root)/web/up")
    mkfifo("\(root)/web/pipe", 0o644)
  }

  deinit {
    for file in [
      "web/index.html", "web/app.js", "web/styles/theme.css", "web/.git/config", "secret.txt", "vendor.js",
      "web/link.txt", "web/inside.js", "web/up", "web/pipe", "web/large.bin",
    ] { unlink("\(root)/\(file)") }
    for folder in ["web/styles", "web/.git", "web", ""] { rmdir("\(root)/\(folder)") }
  }

  func write(_ path: String, _ text: String) {
    let file = fopen("\(root)/\(path)", "w")
    fputs(text, file)
    fclose(file)
  }

  func fixture() throws -> Fixture {
    try Fixture { configuration in
      configuration.webFolder = root + "/web"
      configuration.vendorFiles = [
        VendorFile(path: "/vendor/chart.js", candidates: [root + "/absent.js", root + "/vendor.js"])
      ]
    }
  }
}

@Suite struct StaticFileTests {
  @Test(
    "files are served with their types",
    arguments: [
      ("/", "text/html; charset=utf-8", "<p>home</p>"), ("/index.html", "text/html; charset=utf-8", "<p>home</p>"),
      ("/app.js", "text/javascript; charset=utf-8", "export {}"),
      ("/app.js?v=1", "text/javascript; charset=utf-8", "export {}"),
      ("/%61pp.js", "text/javascript; charset=utf-8", "export {}"),
      ("/inside.js", "text/javascript; charset=utf-8", "export {}"),
      ("/styles/theme.css", "text/css; charset=utf-8", "a{}"),
      ("/vendor/chart.js", "text/javascript; charset=utf-8", "vendored"),
    ])
  func served(target: String, type: String, text: String) throws {
    let folder = WebFolder()
    let client = try folder.fixture().client()
    for _ in 0..<2 {
      let answer = try client.get(target)
      #expect(answer.status == 200)
      #expect(answer.text == text)
      #expect(answer.header("Content-Type") == type)
      #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'self'") == true)
      #expect(answer.header("X-Content-Type-Options") == "nosniff")
    }
  }

  @Test(
    "nothing outside of the folder is served, nor what is hidden in it",
    arguments: [
      "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/styles/../../secret.txt",
      "/./../secret.txt", "/link.txt", "/up/secret.txt", "//etc/passwd", "/..", "/.",
      "/.git/config",
      "/%2egit/config", "/..%5csecret.txt", "/styles", "/styles/", "/pipe", "/vendor/", "/vendor/../secret.txt",
      "/index.html/", "/index.html/x", "/absent", "/%252e%252e/secret.txt",
    ])
  func refused(target: String) throws {
    let folder = WebFolder()
    let answer = try folder.fixture().get(target)
    #expect(answer.status == 404)
    #expect(!answer.text.contains("secret\n"))
    #expect(answer.header("Content-Type") == "application/problem+json")
  }

  @Test("a file that the client has is not sent again, until it changes")
  func revalidated() throws {
    let folder = WebFolder()
    let client = try folder.fixture().client()
    let first = try client.get("/app.js")
    let tag = try #require(first.header("ETag"))
    #expect(first.header("Cache-Control") == "no-cache")
    #expect(try client.get("/app.js", headers: ["If-None-Match": tag]).status == 304)
    folder.write("app.js.new", "changed")
    rename("\(folder.root)/app.js.new", "\(folder.root)/web/app.js")
    let second = try client.get("/app.js", headers: ["If-None-Match": tag])
    #expect(second.status == 200)
    #expect(second.text == "changed")
  }

  @Test("without a folder the page of the program is served, and revalidated; nothing else is")
  func embedded() throws {
    let client = try Fixture { configuration in
      configuration.webFolder = "/var/empty/no-such-folder"
      configuration.embeddedFiles = ["index.html": Array("<p>own</p>".utf8), "styles/a.css": Array("b{}".utf8)]
    }.client()
    let home = try client.get("/")
    #expect(home.status == 200 && home.text == "<p>own</p>")
    #expect(home.header("Content-Type") == "text/html; charset=utf-8")
    #expect(home.header("Content-Security-Policy")?.hasPrefix("default-src 'self'") == true)
    let tag = try #require(home.header("ETag"))
    #expect(try client.get("/index.html", headers: ["If-None-Match": tag]).status == 304)
    #expect(try client.get("/styles/a.css").header("Content-Type") == "text/css; charset=utf-8")
    for path in ["/a.css", "/styles/", "/styles/../index.html", "/etc/passwd"] {
      #expect(try client.get(path).status == 404, "\(path)")
    }
  }

  @Test("a project's own page is served instead of the program's, file by file of its own")
  func ownPage() throws {
    let folder = WebFolder()
    let client = try Fixture { configuration in
      configuration.webFolder = folder.root + "/web"
      configuration.embeddedFiles = ["index.html": Array("own".utf8), "extra.js": Array("x".utf8)]
    }.client()
    #expect(try client.get("/").text == "<p>home</p>")
    #expect(try client.get("/extra.js").status == 404)
  }

  @Test("a large file is served without being kept")
  func large() throws {
    let folder = WebFolder()
    let text = String(repeating: "0123456789abcdef", count: 64 * 1024)
    folder.write("web/large.bin", text)
    let client = try folder.fixture().client()
    for _ in 0..<2 {
      let answer = try client.get("/large.bin")
      #expect(answer.header("Content-Type") == "application/octet-stream")
      #expect(answer.text == text)
    }
  }

  @Test("a file cannot be written to")
  func methods() throws {
    let folder = WebFolder()
    let fixture = try folder.fixture()
    #expect(try fixture.client().get("/index.html", method: "PUT").status == 405)
    #expect(try fixture.client().get("/index.html", method: "HEAD").header("Content-Length") == "11")
  }
}
