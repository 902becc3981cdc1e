// librdkafka, and its in-process broker.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
