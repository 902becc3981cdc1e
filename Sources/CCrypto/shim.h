// OpenSSL's one-shot digests and authentication codes.
#include <openssl/sha.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
