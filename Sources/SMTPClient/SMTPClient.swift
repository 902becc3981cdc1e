import CCurl
import HTTPClient

/// Hands mails to an SMTP server (RFC 5321): the owner of a libcurl handle, which keeps its connection for later mails.
///
/// For one thread at a time; only the canceller is for others. What is sent is encrypted, by STARTTLS (RFC 3207) or from the
/// beginning on, and the server's certificate is checked: a server that offers neither gets no mail.
public final class SMTPClient {
  public let settings: SMTPClientSettings
  public let canceller = HTTPCanceller()
  private let handle: UnsafeMutableRawPointer

  /// - Throws: when the system has no memory.
  public init(_ settings: SMTPClientSettings) throws(HTTPClientError) {
    guard let handle = newTransferHandle() else { throw HTTPClientError(.settings, "libcurl cannot be used") }
    self.handle = handle
    self.settings = settings
  }

  deinit { curl_easy_cleanup(handle) }

  /// Sends one mail, and returns when the server has taken it for all recipients.
  ///
  /// - Parameters:
  ///   - sender: the envelope's, an address alone; as are the recipients.
  ///   - text: the mail, whose lines end in CR LF.
  public func send(from sender: String, to recipients: [String], text: [UInt8]) throws(SMTPClientError) {
    guard !recipients.isEmpty, ([sender] + recipients).allSatisfy(isAddress) else {
      throw SMTPClientError(reply: nil, isRefused: true, description: "sender or recipients are no addresses")
    }
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    for recipient in recipients { list = curl_slist_append(list, "<\(recipient)>") ?? list }
    let upload = Upload(text, canceller)
    let context = Unmanaged.passUnretained(upload).toOpaque()
    let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    defer {
      // The handle must not keep pointers to what ends here; its connection stays.
      curl_easy_reset(handle)
      message.deallocate()
    }
    var options = TransferOptions(handle)
    options.set(CURLOPT_ERRORBUFFER, pointer: message)
    options.set(settings)
    options.set(CURLOPT_MAIL_FROM, text: "<\(sender)>")
    options.set(CURLOPT_MAIL_RCPT, pointer: list)
    options.set(CURLOPT_UPLOAD, 1)
    options.set(CURLOPT_INFILESIZE_LARGE, size: text.count)
    options.check(streampulse_curl_on_upload(handle, nextPart, context))
    options.check(streampulse_curl_on_progress(handle, mayGoOn, context))
    let code = options.code == CURLE_OK ? withExtendedLifetime(upload) { curl_easy_perform(handle) } : options.code
    guard code == CURLE_OK else {
      throw SMTPClientError(code, reply: Int(streampulse_curl_status(handle)), detail: String(cString: message))
    }
  }

  /// Anything else could end the command in which it stands, and begin another.
  private func isAddress(_ text: String) -> Bool {
    let brackets = [UInt8(ascii: "<"), UInt8(ascii: ">")]
    return !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !brackets.contains($0) }
  }
}

extension TransferOptions {
  fileprivate mutating func set(_ settings: SMTPClientSettings) {
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROTOCOLS_STR, text: "smtp,smtps")
    set(CURLOPT_URL, text: settings.address)
    set(CURLOPT_USE_SSL, streampulse_curl_require_tls)
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_PROXY, text: "")
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, settings.timeoutMilliseconds))
    set(CURLOPT_TIMEOUT_MS, max(1, settings.timeoutMilliseconds))
    if let file = settings.caFile { set(CURLOPT_CAINFO, text: file) }
    if let (user, password) = settings.login {
      set(CURLOPT_USERNAME, text: user)
      set(CURLOPT_PASSWORD, text: password)
    }
  }
}

/// What the callbacks of a transfer work with, on the thread that performs it.
private final class Upload {
  private let bytes: [UInt8]
  private let canceller: HTTPCanceller
  private var position = 0

  init(_ bytes: [UInt8], _ canceller: HTTPCanceller) {
    self.bytes = bytes
    self.canceller = canceller
  }

  var isCancelled: Bool { canceller.isCancelled }

  /// Copies the next bytes and returns how many; 0 at the end.
  func next(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = bytes[position..<min(position + buffer.count, bytes.count)]
    buffer.copyBytes(from: part)
    position += part.count
    return part.count
  }
}

/// libcurl wants a part of the mail. On the performing thread, as is the next one; the context is retained by `send`.
private func nextPart(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context, let bytes else { return 0 }
  let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
  return Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue().next(buffer)
}

/// libcurl asks, at least once a second, whether to go on: 0.
private func mayGoOn(
  _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
  guard let context else { return 0 }
  return Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
}
