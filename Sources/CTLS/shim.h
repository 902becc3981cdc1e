// OpenSSL's TLS for servers. Much of its interface is macros, which Swift does not import.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

// A client that says what it speaks is answered if that is HTTP/1.1 (RFC 7301, section 3.2).
static int streampulse_tls_choose_protocol(
    SSL *session, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
    unsigned int offered_length, void *context) {
  (void)session;
  (void)context;
  static const char name[] = "http/1.1";
  for (unsigned int at = 0; at < offered_length; at += offered[at] + 1u) {
    if (offered[at] == sizeof name - 1 && at + sizeof name <= offered_length &&
        memcmp(offered + at + 1, name, sizeof name - 1) == 0) {
      *chosen = offered + at + 1;
      *length = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// What all sessions of a server share; NULL: no memory. Its certificate and key are missing yet.
static inline SSL_CTX *streampulse_tls_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (context == NULL) return NULL;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Of TLS 1.2 what has forward secrecy and authenticates what it encrypts (RFC 9325, section 4.2).
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // Many clients end their connection without saying so; that a request is whole, HTTP says.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A session goes on with a ticket that its client keeps: none is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(
      context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, streampulse_tls_choose_protocol, NULL);
  return context;
}

// Takes over the certificate where it can. 1: it has.
static inline int streampulse_tls_add_to_chain(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add0_chain_cert(context, certificate);
}

static inline BIO *streampulse_tls_bytes(const void *bytes, int count) { return BIO_new_mem_buf(bytes, count); }

// Nobody is asked for a passphrase: a terminal may be there, and a server must not wait for it.
static int streampulse_tls_no_passphrase(char *buffer, int size, int writes, void *was_asked) {
  (void)buffer;
  (void)size;
  (void)writes;
  *(int *)was_asked = 1;
  return -1;
}

// NULL: the bytes hold none, or an encrypted one.
static inline EVP_PKEY *streampulse_tls_read_key(BIO *bytes, int *is_encrypted) {
  *is_encrypted = 0;
  return PEM_read_bio_PrivateKey(bytes, NULL, streampulse_tls_no_passphrase, is_encrypted);
}

static inline X509 *streampulse_tls_read_certificate(BIO *bytes) {
  return PEM_read_bio_X509(bytes, NULL, NULL, NULL);
}

// Seconds since 1970; -1: no time that can be read.
static inline long long streampulse_tls_seconds(const ASN1_TIME *time) {
  struct tm parts;
  return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? (long long)timegm(&parts) : -1;
}

// What OpenSSL says of the oldest error of this thread; NULL: there is none.
static inline const char *streampulse_tls_reason(void) { return ERR_reason_error_string(ERR_peek_error()); }

// A session over a connected socket, which stays the caller's.
static inline SSL *streampulse_tls_session(SSL_CTX *context, int descriptor) {
  SSL *session = SSL_new(context);
  if (session == NULL) return NULL;
  if (SSL_set_fd(session, descriptor) != 1) {
    SSL_free(session);
    return NULL;
  }
  SSL_set_accept_state(session);
  return session;
}

enum {
  streampulse_tls_waits = -1,
  streampulse_tls_ended = -2,
  streampulse_tls_failed = -3,
};

static inline int streampulse_tls_result(SSL *session, int result) {
  if (result > 0) return result;
  switch (SSL_get_error(session, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return streampulse_tls_waits;
    case SSL_ERROR_ZERO_RETURN: return streampulse_tls_ended;
    default: return streampulse_tls_failed;
  }
}

// Each of these gives a positive number when it has done something, else one of those above. The errors of the thread are
// cleared first, since what another session left there would be taken for this one's.
static inline int streampulse_tls_handshake(SSL *session) {
  ERR_clear_error();
  return streampulse_tls_result(session, SSL_do_handshake(session));
}

static inline int streampulse_tls_read(SSL *session, void *buffer, int capacity) {
  ERR_clear_error();
  return streampulse_tls_result(session, SSL_read(session, buffer, capacity));
}

static inline int streampulse_tls_write(SSL *session, const void *bytes, int count) {
  ERR_clear_error();
  return streampulse_tls_result(session, SSL_write(session, bytes, count));
}
