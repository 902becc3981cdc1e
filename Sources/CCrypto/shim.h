// OpenSSL's one-shot digests.
#include <openssl/sha.h>
