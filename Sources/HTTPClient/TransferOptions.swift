import CCurl

/// A new handle of libcurl; nil when the system has no memory.
package func newTransferHandle() -> UnsafeMutableRawPointer? { isLibraryReady ? curl_easy_init() : nil }

/// libcurl's own preparation, once in the life of the process and before any handle.
private let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

/// Sets the options of a transfer; the first that libcurl refuses counts.
package struct TransferOptions {
  package private(set) var code = CURLE_OK
  private let handle: UnsafeMutableRawPointer

  package init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

  package mutating func check(_ code: CURLcode) {
    if self.code == CURLE_OK { self.code = code }
  }

  package mutating func set(_ option: CURLoption, _ value: Int) {
    check(streampulse_curl_set_number(handle, option, value))
  }

  package mutating func set(_ option: CURLoption, size: Int) {
    check(streampulse_curl_set_size(handle, option, curl_off_t(size)))
  }

  package mutating func set(_ option: CURLoption, text: String) {
    check(text.withCString { streampulse_curl_set_pointer(handle, option, $0) })
  }

  package mutating func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
    check(streampulse_curl_set_pointer(handle, option, pointer))
  }

  mutating func set(_ settings: HTTPClientSettings) {
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    set(CURLOPT_PROTOCOLS_STR, text: "http,https")
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_PROXY, text: "")
    set(CURLOPT_USERAGENT, text: "streampulse")
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, settings.connectTimeoutMilliseconds))
    set(CURLOPT_TIMEOUT_MS, max(1, settings.timeoutMilliseconds))
    if let file = settings.caFile { set(CURLOPT_CAINFO, text: file) }
    switch settings.authorization {
    case .basic(let user, let password):
      set(CURLOPT_HTTPAUTH, streampulse_curl_auth_basic)
      set(CURLOPT_USERNAME, text: user)
      set(CURLOPT_PASSWORD, text: password)
    case .bearer(let token):
      set(CURLOPT_HTTPAUTH, streampulse_curl_auth_bearer)
      set(CURLOPT_XOAUTH2_BEARER, text: token)
    case nil: break
    }
  }
}
