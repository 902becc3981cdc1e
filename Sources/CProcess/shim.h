// Starting child processes that die with their parent, and command-line parsing by getopt_long: both are out of
// Swift's direct reach (fork is unavailable, getopt_long's option table is awkward).
#ifndef STREAMPULSE_CPROCESS_SHIM_H
#define STREAMPULSE_CPROCESS_SHIM_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <getopt.h>
#endif
