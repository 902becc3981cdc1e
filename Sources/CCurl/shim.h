// libcurl. Its functions for options and facts are variadic, which Swift cannot call; without its type checks they are
// plain macros that functions can wrap.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

static inline CURLcode streampulse_curl_set_number(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode streampulse_curl_set_size(CURL *curl, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(curl, option, value);
}

// Texts are copied, except that of CURLOPT_POSTFIELDS.
static inline CURLcode streampulse_curl_set_pointer(CURL *curl, CURLoption option, const void *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode streampulse_curl_on_body(CURL *curl, curl_write_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, callback);
  return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, context) : code;
}

static inline CURLcode streampulse_curl_on_progress(CURL *curl, curl_xferinfo_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, callback);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, context);
  return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) : code;
}

static inline CURLcode streampulse_curl_on_upload(CURL *curl, curl_read_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, callback);
  return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_READDATA, context) : code;
}

static inline long streampulse_curl_status(CURL *curl) {
  long status = 0;
  return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// In seconds; 0: the answer does not say.
static inline curl_off_t streampulse_curl_retry_after(CURL *curl) {
  curl_off_t seconds = 0;
  return curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK ? seconds : 0;
}

// Valid until the next request of the handle; NULL: the answer has none.
static inline const char *streampulse_curl_text(CURL *curl, CURLINFO info) {
  char *text = NULL;
  return curl_easy_getinfo(curl, info, &text) == CURLE_OK ? text : NULL;
}

static const long streampulse_curl_auth_basic = (long)CURLAUTH_BASIC;
static const long streampulse_curl_auth_bearer = (long)CURLAUTH_BEARER;
static const long streampulse_curl_require_tls = (long)CURLUSESSL_ALL;
