// Counts allocations: the program that links this gets malloc and its relatives from here instead of from glibc, in the
// libraries that it loads, too. Not with a sanitizer, which brings its own.
#ifndef STREAMPULSE_ALLOCATION_COUNTER_H
#define STREAMPULSE_ALLOCATION_COUNTER_H
#include <stdint.h>

/// How often the calling thread has asked for memory so far.
uint64_t streampulse_allocation_count(void);
#endif
