// A guest in C with wasi-libc: its sort, its allocator, its printf.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vega.h"
#include "work.h"

static uint64_t total;

static void detail(const char *key, const char *value) { vega_detail(key, (int32_t)strlen(key), value, (int32_t)strlen(value)); }

static void piece(const char *name, uint64_t v) {
	char digits[17];
	snprintf(digits, sizeof digits, "%016llx", v);
	detail(name, digits);
	total ^= v;
}

static int order(const void *a, const void *b) {
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int32_t work(void) {
	uint32_t *numbers = malloc(SORTED * sizeof *numbers);
	uint8_t *buffer = malloc(8192), *large = malloc(GROWN);
	if (!numbers || !buffer || !large) return UNKNOWN;
	total = 0;
	shuffled(numbers);
	qsort(numbers, SORTED, sizeof *numbers, order);
	piece("sort", values(numbers));
	piece("recursion", recursion());
	piece("floats", floats());
	piece("bulk", bulk(buffer));
	piece("dispatch", dispatch());
	piece("wide", wide());
	piece("indirect", indirect());
	piece("grown", grown(large));
	free(numbers);
	free(buffer);
	free(large);
	char text[64];
	vega_message(text, snprintf(text, sizeof text, "worked: %016llx", total));
	vega_metric("sum", 3, sum(), "1", 1);
	return HEALTHY;
}

static int32_t calls(void) {
	char empty[1], *name = "nobody";
	int32_t len = vega_config("name", 4, empty, 0);
	int set = len >= 0;
	if (set) {
		name = calloc(1, (size_t)len + 1);
		if (!name) return UNKNOWN;
		vega_config("name", 4, name, len);
	}
	len = (int32_t)strlen(name);
	detail("name", name);
	if (vega_match("^[a-z]+$", 8, name, len) == 1) detail("letters", "all");
	char why[256];
	if (vega_match("(", 1, name, len) == ERR_INVALID && vega_error(why, sizeof why) > 0) detail("pattern", "refused");
	if (vega_now() > 0 && vega_deadline() > 0) detail("clock", "runs");
	vega_log(LOG_INFO, "called", 6);
	char text[64];
	vega_message(text, snprintf(text, sizeof text, "hello, %.25s", name));
	return set ? HEALTHY : DEGRADED;
}

__attribute__((export_name("vega_run"))) int32_t vega_run(int32_t probe) {
	switch (probe) {
	case 0: vega_message("ok", 2); return HEALTHY;
	case 1: return work();
	case 2: return calls();
	default: return UNKNOWN;
	}
}
