// A guest in C without a library: it brings its own sort, digits and memory.
#include "vega.h"
#include "work.h"

#define TEXT(s) s, sizeof s - 1

static uint64_t total;

static void hex(char *out, uint64_t v) {
	for (int i = 0; i < 16; i++) out[i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
}

static void piece(const char *name, int32_t len, uint64_t v) {
	char digits[16];
	hex(digits, v);
	vega_detail(name, len, digits, sizeof digits);
	total ^= v;
}

typedef int (*order)(uint32_t, uint32_t);

static int before(uint32_t a, uint32_t b) { return a < b; }

static void quicksort(uint32_t *p, int n, volatile order less) {
	if (n < 2) return;
	uint32_t pivot = p[n / 2];
	int i = 0, j = n - 1;
	while (i <= j) {
		while (less(p[i], pivot)) i++;
		while (less(pivot, p[j])) j--;
		if (i <= j) {
			uint32_t t = p[i];
			p[i++] = p[j];
			p[j--] = t;
		}
	}
	quicksort(p, j + 1, less);
	quicksort(p + i, n - i, less);
}

static uint64_t sorted(void) {
	static uint32_t p[SORTED];
	shuffled(p);
	quicksort(p, SORTED, before);
	return values(p);
}

static int32_t work(void) {
	static uint8_t buffer[8192];
	total = 0;
	piece(TEXT("sort"), sorted());
	piece(TEXT("recursion"), recursion());
	piece(TEXT("floats"), floats());
	piece(TEXT("bulk"), bulk(buffer));
	piece(TEXT("dispatch"), dispatch());
	piece(TEXT("wide"), wide());
	piece(TEXT("indirect"), indirect());
	size_t page = __builtin_wasm_memory_grow(0, GROWN / 65536 + 1);
	if (page == (size_t)-1) return UNKNOWN;
	piece(TEXT("grown"), grown((uint8_t *)(page * 65536)));
	char text[] = "worked: ................";
	hex(text + 8, total);
	vega_message(TEXT(text));
	vega_metric(TEXT("sum"), sum(), TEXT("1"));
	return HEALTHY;
}

static int32_t calls(void) {
	char text[] = "hello, nobody...................";
	char *name = text + 7;
	int32_t len = vega_config(TEXT("name"), name, 25);
	int set = len >= 0;
	if (!set) len = 6;
	if (len > 25) len = 25;
	vega_detail(TEXT("name"), name, len);
	if (vega_match(TEXT("^[a-z]+$"), name, len) == 1) vega_detail(TEXT("letters"), TEXT("all"));
	char why[256];
	if (vega_match(TEXT("("), name, len) == ERR_INVALID && vega_error(why, sizeof why) > 0) vega_detail(TEXT("pattern"), TEXT("refused"));
	if (vega_now() > 0 && vega_deadline() > 0) vega_detail(TEXT("clock"), TEXT("runs"));
	vega_log(LOG_INFO, TEXT("called"));
	vega_message(text, 7 + len);
	return set ? HEALTHY : DEGRADED;
}

__attribute__((export_name("vega_run"))) int32_t vega_run(int32_t probe) {
	switch (probe) {
	case 0: vega_message(TEXT("ok")); return HEALTHY;
	case 1: return work();
	case 2: return calls();
	default: return UNKNOWN;
	}
}
