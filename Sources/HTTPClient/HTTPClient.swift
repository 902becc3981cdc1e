import CCurl

/// A blocking HTTP/1.1 client: the owner of a libcurl handle, which keeps connections for later requests.
///
/// For one thread at a time; only the canceller is for others. Certificates are always checked. Redirections are not
/// followed: what a client proves its right with goes to no other address than the one that was asked for. No proxy is
/// used, whatever the environment says, and no file of the user's is read (`.netrc`, `.curlrc`).
public final class HTTPClient {
  public let settings: HTTPClientSettings
  public let canceller = HTTPCanceller()
  private let handle: UnsafeMutableRawPointer

  /// - Throws: for an authorization that no header can carry, or when the system has no memory.
  public init(_ settings: HTTPClientSettings = HTTPClientSettings()) throws(HTTPClientError) {
    guard let handle = newTransferHandle() else {
      throw HTTPClientError(.settings, "libcurl cannot be used")
    }
    self.handle = handle
    self.settings = settings
    guard settings.authorization?.isValid ?? true else {
      throw HTTPClientError(
        .settings, "user, password or token are empty or hold a character that no header can carry")
    }
  }

  deinit { curl_easy_cleanup(handle) }

  /// - Parameter headers: names and values without control characters, e.g. `("Accept", "application/json")`.
  public func get(_ address: String, headers: [(name: String, value: String)] = []) throws(HTTPClientError) -> HTTPReply
  {
    try perform(address, headers, body: nil)
  }

  /// Posts these bytes; their kind is a header, `Content-Type`.
  public func post(
    _ address: String, body: [UInt8], headers: [(name: String, value: String)] = []
  ) throws(HTTPClientError) -> HTTPReply {
    try perform(address, headers, body: body)
  }

  private func perform(
    _ address: String, _ headers: [(name: String, value: String)], body: [UInt8]?
  ) throws(HTTPClientError) -> HTTPReply {
    let lines = try HeaderLines(headers)
    let transfer = Transfer(maximumBytes: settings.maximumBodyBytes, canceller: canceller)
    let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    // The handle must not keep pointers to what ends here; its connections stay.
    defer {
      curl_easy_reset(handle)
      message.deallocate()
    }
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    let code = (body ?? []).withUnsafeBytes { bytes in
      var options = TransferOptions(handle)
      options.set(CURLOPT_ERRORBUFFER, pointer: message)
      options.set(settings)
      options.set(CURLOPT_URL, text: address)
      options.set(CURLOPT_HTTPHEADER, pointer: lines.list)
      if body != nil {
        options.set(CURLOPT_POST, 1)
        // libcurl reads an address of no bytes as "none is given", and would ask for them elsewhere.
        options.set(CURLOPT_POSTFIELDS, pointer: bytes.baseAddress ?? UnsafeRawPointer(message))
        options.set(CURLOPT_POSTFIELDSIZE_LARGE, size: bytes.count)
      }
      options.check(streampulse_curl_on_body(handle, bodyArrived, context))
      options.check(streampulse_curl_on_progress(handle, mayGoOn, context))
      return options.code == CURLE_OK ? withExtendedLifetime(transfer) { curl_easy_perform(handle) } : options.code
    }
    guard !transfer.isTooLarge else {
      throw HTTPClientError(.tooLarge, "the answer has more than \(settings.maximumBodyBytes) bytes")
    }
    guard code == CURLE_OK else { throw HTTPClientError(code, detail: String(cString: message)) }
    return HTTPReply(
      status: Int(streampulse_curl_status(handle)), contentType: text(CURLINFO_CONTENT_TYPE),
      location: text(CURLINFO_REDIRECT_URL), retryAfterSeconds: Int(streampulse_curl_retry_after(handle)),
      body: transfer.body)
  }

  private func text(_ info: CURLINFO) -> String? { streampulse_curl_text(handle, info).map { String(cString: $0) } }
}

/// The header lines of a request, as libcurl's list.
private final class HeaderLines {
  private(set) var list: UnsafeMutablePointer<curl_slist>?

  init(_ headers: [(name: String, value: String)]) throws(HTTPClientError) {
    // An empty one: libcurl would wait for a go-ahead before it sends a long body.
    for (name, value) in headers + [("Expect", "")] {
      guard !hasControlCharacters(name + value), !name.contains(":") else {
        throw HTTPClientError(.settings, "a header's name or value holds a character that it cannot carry")
      }
      guard let longer = curl_slist_append(list, "\(name): \(value)") else {
        throw HTTPClientError(.settings, "no memory for a header")
      }
      list = longer
    }
  }

  deinit { curl_slist_free_all(list) }
}

/// What the callbacks of a request work with, on the thread that performs it.
private final class Transfer {
  private let maximumBytes: Int
  private let canceller: HTTPCanceller
  private(set) var body: [UInt8] = []
  private(set) var isTooLarge = false

  init(maximumBytes: Int, canceller: HTTPCanceller) {
    self.maximumBytes = maximumBytes
    self.canceller = canceller
  }

  var isCancelled: Bool { canceller.isCancelled }

  /// False: no more.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maximumBytes - body.count else {
      isTooLarge = true
      return false
    }
    body += bytes
    return true
  }
}

/// libcurl has a part of the body; another answer than its size ends the request. On the performing thread, as is the
/// next one; the context is retained by `perform`.
private func bodyArrived(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// libcurl asks, at least once a second, whether to go on: 0.
private func mayGoOn(
  _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
  guard let context else { return 0 }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
}
