// Swift has no prefetch instruction of its own.
#ifndef STREAMPULSE_CPREFETCH_SHIM_H
#define STREAMPULSE_CPREFETCH_SHIM_H

/// Asks for the cache line at `address`, which need not be readable, and does not wait for it.
static inline void streampulse_prefetch(const void *address) {
  __builtin_prefetch(address);
}
#endif
