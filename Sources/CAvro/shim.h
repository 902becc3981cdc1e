// Apache Avro's C library.
#include <avro.h>
