// The calls of ABI version 1 that these guests make.
#include <stdint.h>

#define VEGA(name) __attribute__((import_module("vega_v1"), import_name(#name)))

VEGA(config) int32_t vega_config(const char *key, int32_t key_len, char *buf, int32_t cap);
VEGA(message) void vega_message(const char *text, int32_t len);
VEGA(detail) void vega_detail(const char *key, int32_t key_len, const char *value, int32_t value_len);
VEGA(metric) void vega_metric(const char *name, int32_t len, double value, const char *unit, int32_t unit_len);
VEGA(log) void vega_log(int32_t level, const char *text, int32_t len);
VEGA(deadline) int64_t vega_deadline(void);
VEGA(now) int64_t vega_now(void);
VEGA(error) int32_t vega_error(char *buf, int32_t cap);
VEGA(match) int32_t vega_match(const char *re, int32_t re_len, const char *text, int32_t text_len);

enum { HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN };
enum { ERR_INVALID = -9 };
enum { LOG_INFO = 1 };
