// vega.h: the SDK for probes in C, for version 1 of the probe ABI.
//
// A probe is a function that returns a status. VEGA_PROBES registers it under
// its name in the manifest:
//
//	#include "vega.h"
//
//	static vega_status orders(void) {
//		char url[512];
//		vega_string("url", url, sizeof url);
//		int32_t status;
//		vega_response r = vega_http_get(url, &status);
//		if (r < 0) return vega_failed(url, r);
//		if (status != 200) return vega_degraded("%s answers, but not with 200", url);
//		return vega_healthy("%s answers", url);
//	}
//
//	VEGA_PROBES({"orders", orders})
//
// Everything is in this header. It needs no C library and allocates nothing:
// text goes into buffers that the caller provides. A function that fills a
// buffer terminates the text with a 0 and returns the length of the WHOLE
// value, as snprintf does, or a negative vega_error. A value that does not fit
// is truncated, so compare the length with the size of the buffer if that
// matters. Call vega_error_text for the text of an error at once: the next
// error replaces it.
//
// Nothing must be closed: the host closes what a run leaves open, up to 16
// handles at a time.
#ifndef VEGA_H
#define VEGA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VEGA_UNUSED __attribute__((unused)) static

// ---- Statuses, errors, numbers of the contract ----

// The state of the target: Nagios plugin codes.
typedef enum { VEGA_HEALTHY, VEGA_DEGRADED, VEGA_UNHEALTHY, VEGA_UNKNOWN } vega_status;

// Why a call failed. A later vega may have others; treat those as VEGA_ERR_IO.
typedef enum {
	VEGA_ERR_NOT_SET = -1,   // no such option, key, path, header or record; SQL NULL
	VEGA_ERR_DENIED = -2,    // not granted; the text contains the line to paste
	VEGA_ERR_TIMEOUT = -3,   // the run's deadline passed while waiting
	VEGA_ERR_REFUSED = -4,   // connection refused
	VEGA_ERR_DNS = -5,       // the name does not resolve
	VEGA_ERR_TLS = -6,       // handshake or verification failed
	VEGA_ERR_RESET = -7,     // the peer closed or reset the connection
	VEGA_ERR_TOO_LARGE = -8, // a result or argument over its limit
	VEGA_ERR_INVALID = -9,   // a malformed argument, or a handle of another kind
	VEGA_ERR_QUOTA = -10,    // too many handles, or the storage is full
	VEGA_ERR_CLOSED = -11,   // no such open handle
	VEGA_ERR_IO = -12,       // the call was not made or can't be judged; the target may be well
	VEGA_ERR_TARGET = -13    // the target failed in a way that has no errno of its own
} vega_error;

typedef enum { VEGA_LOG_DEBUG, VEGA_LOG_INFO, VEGA_LOG_WARN, VEGA_LOG_ERROR } vega_level;
typedef enum { VEGA_TCP, VEGA_TLS, VEGA_UDP, VEGA_UNIX } vega_network;
typedef enum { VEGA_PHASE_DNS, VEGA_PHASE_CONNECT, VEGA_PHASE_TLS, VEGA_PHASE_FIRST_BYTE, VEGA_PHASE_TOTAL } vega_phase;
typedef enum { VEGA_TLS_VERSION, VEGA_TLS_CIPHER, VEGA_TLS_SUBJECT, VEGA_TLS_ISSUER, VEGA_TLS_NOT_AFTER, VEGA_TLS_DNS_NAMES, VEGA_TLS_VERIFIED, VEGA_TLS_CHAIN_NOT_AFTER, VEGA_TLS_CHAIN_SUBJECT, VEGA_TLS_CLIENT, VEGA_TLS_REDIRECTS } vega_tls_fact;
typedef enum { VEGA_ECHO_RTT, VEGA_ECHO_TTL, VEGA_ECHO_DUPLICATES, VEGA_ECHO_ERROR } vega_echo_fact;
typedef enum { VEGA_TEXT = 1, VEGA_BINARY = 2 } vega_message_kind;
typedef enum { VEGA_WEBSOCKET_PROTOCOL, VEGA_WEBSOCKET_KIND, VEGA_WEBSOCKET_CLOSE_CODE, VEGA_WEBSOCKET_CLOSE_REASON } vega_websocket_fact;
typedef enum { VEGA_SSH_VERSION, VEGA_SSH_KEY_TYPE, VEGA_SSH_FINGERPRINT, VEGA_SSH_VERIFIED, VEGA_SSH_LOGIN, VEGA_SSH_BANNER, VEGA_SSH_STDERR } vega_ssh_fact;

// Handles. A negative one is a vega_error and may be passed on: calls with it
// fail with VEGA_ERR_CLOSED.
typedef int32_t vega_request;
typedef int32_t vega_response;
typedef int32_t vega_conn;
typedef int32_t vega_rows;
typedef int32_t vega_echoes;
typedef int32_t vega_websocket;
typedef int32_t vega_ssh;

// ---- The raw calls, as specified in ABI.md ----

#define VEGA_IMPORT(name) __attribute__((import_module("vega_v1"), import_name(#name))) extern

VEGA_IMPORT(config) int32_t vega_raw_config(const char *key, uint32_t key_len, char *buf, uint32_t cap);
VEGA_IMPORT(message) void vega_raw_message(const char *text, uint32_t len);
VEGA_IMPORT(detail) void vega_raw_detail(const char *key, uint32_t key_len, const char *value, uint32_t len);
VEGA_IMPORT(metric) void vega_raw_metric(const char *name, uint32_t len, double value, const char *unit, uint32_t unit_len);
VEGA_IMPORT(log) void vega_raw_log(int32_t level, const char *text, uint32_t len);
VEGA_IMPORT(deadline) int64_t vega_deadline(void); // nanoseconds left for calls
VEGA_IMPORT(now) int64_t vega_now(void);           // nanoseconds since 1970, UTC
VEGA_IMPORT(error) int32_t vega_raw_error(char *buf, uint32_t cap);
VEGA_IMPORT(http_request) int32_t vega_raw_http_request(const char *method, uint32_t method_len, const char *url, uint32_t url_len);
VEGA_IMPORT(http_header) int32_t vega_raw_http_header(int32_t h, const char *name, uint32_t name_len, const char *value, uint32_t len);
VEGA_IMPORT(http_option) int32_t vega_raw_http_option(int32_t h, int32_t what, int32_t value);
VEGA_IMPORT(http_basic_auth) int32_t vega_raw_http_basic_auth(int32_t h, const char *user, uint32_t user_len, const char *password, uint32_t len);
VEGA_IMPORT(http_send) int32_t vega_raw_http_send(int32_t h, const void *body, uint32_t len);
VEGA_IMPORT(http_response_header) int32_t vega_raw_http_response_header(int32_t h, const char *name, uint32_t name_len, char *buf, uint32_t cap);
VEGA_IMPORT(json) int32_t vega_raw_json(int32_t h, const char *path, uint32_t path_len, char *buf, uint32_t cap);
VEGA_IMPORT(http_timing) int64_t vega_raw_http_timing(int32_t h, int32_t phase);
VEGA_IMPORT(dial) int32_t vega_raw_dial(int32_t network, const char *address, uint32_t len);
VEGA_IMPORT(read) int32_t vega_raw_read(int32_t h, void *buf, uint32_t cap);
VEGA_IMPORT(write) int32_t vega_raw_write(int32_t h, const void *data, uint32_t len);
VEGA_IMPORT(tls_start) int32_t vega_raw_tls_start(int32_t h, const char *name, uint32_t len);
VEGA_IMPORT(tls_info) int32_t vega_raw_tls_info(int32_t h, int32_t what, char *buf, uint32_t cap);
VEGA_IMPORT(close) void vega_close(int32_t handle); // frees a handle of any kind before the run ends
VEGA_IMPORT(resolve) int32_t vega_raw_resolve(const char *type, uint32_t type_len, const char *name, uint32_t name_len, const char *server, uint32_t server_len, char *buf, uint32_t cap);
VEGA_IMPORT(sql_query) int32_t vega_raw_sql_query(const char *database, uint32_t database_len, const char *query, uint32_t len);
VEGA_IMPORT(sql_next) int32_t vega_sql_next(vega_rows rows); // 1: there is another row; 0: end; or an error
VEGA_IMPORT(sql_column) int32_t vega_raw_sql_column(int32_t h, int32_t column, char *buf, uint32_t cap);
VEGA_IMPORT(kv_get) int32_t vega_raw_kv_get(const char *key, uint32_t key_len, void *buf, uint32_t cap);
VEGA_IMPORT(kv_set) int32_t vega_raw_kv_set(const char *key, uint32_t key_len, const void *value, uint32_t len);
VEGA_IMPORT(match) int32_t vega_raw_match(const char *re, uint32_t re_len, const char *text, uint32_t len);
VEGA_IMPORT(match_group) int32_t vega_raw_match_group(const char *re, uint32_t re_len, const char *text, uint32_t len, int32_t group, char *buf, uint32_t cap);
VEGA_IMPORT(read_within) int32_t vega_raw_read_within(int32_t h, int64_t wait, void *buf, uint32_t cap);
VEGA_IMPORT(http_unix) int32_t vega_raw_http_unix(int32_t h, const char *path, uint32_t len);
VEGA_IMPORT(http_response_trailer) int32_t vega_raw_http_response_trailer(int32_t h, const char *name, uint32_t name_len, char *buf, uint32_t cap);
VEGA_IMPORT(icmp_echo) int32_t vega_raw_icmp_echo(const char *host, uint32_t len, int32_t family, int32_t count, int32_t size, int32_t ttl, int64_t interval, int64_t wait);
VEGA_IMPORT(icmp_reply) int64_t vega_raw_icmp_reply(int32_t h, int32_t n, int32_t what);
VEGA_IMPORT(icmp_from) int32_t vega_raw_icmp_from(int32_t h, int32_t n, char *buf, uint32_t cap);
VEGA_IMPORT(websocket_open) int32_t vega_raw_websocket_open(int32_t h);
VEGA_IMPORT(websocket_send) int32_t vega_raw_websocket_send(int32_t h, int32_t kind, const void *message, uint32_t len);
VEGA_IMPORT(websocket_receive) int32_t vega_raw_websocket_receive(int32_t h, void *buf, uint32_t cap);
VEGA_IMPORT(websocket_info) int32_t vega_raw_websocket_info(int32_t h, int32_t what, char *buf, uint32_t cap);
VEGA_IMPORT(ssh_connect) int32_t vega_raw_ssh_connect(const char *address, uint32_t len);
VEGA_IMPORT(ssh_info) int32_t vega_raw_ssh_info(int32_t h, int32_t what, char *buf, uint32_t cap);
VEGA_IMPORT(ssh_run) int32_t vega_raw_ssh_run(int32_t h);

// ---- Text ----

// Functions that compilers call implicitly, in the absence of a C library.
__attribute__((weak, no_builtin("memcpy"))) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
	return to;
}

__attribute__((weak, no_builtin("memmove"))) void *memmove(void *to, const void *from, size_t n) {
	char *t = to;
	const char *f = from;
	if (t < f) {
		for (size_t i = 0; i < n; i++) t[i] = f[i];
	} else {
		for (size_t i = n; i > 0; i--) t[i - 1] = f[i - 1];
	}
	return to;
}

__attribute__((weak, no_builtin("memset"))) void *memset(void *to, int value, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = (char)value;
	return to;
}

__attribute__((weak, no_builtin("memcmp"))) int memcmp(const void *a, const void *b, size_t n) {
	for (size_t i = 0; i < n; i++) {
		int d = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
		if (d != 0) return d;
	}
	return 0;
}

__attribute__((weak, no_builtin("strlen"))) size_t strlen(const char *s) {
	size_t n = 0;
	while (s[n] != 0) n++;
	return n;
}

VEGA_UNUSED uint32_t vega_len(const char *s) { return s == NULL ? 0 : (uint32_t)strlen(s); }

VEGA_UNUSED bool vega_equal(const char *a, const char *b) {
	uint32_t n = vega_len(a);
	return n == vega_len(b) && memcmp(a, b, n) == 0;
}

VEGA_UNUSED bool vega_starts_with(const char *s, const char *start) {
	uint32_t n = vega_len(start);
	return n <= vega_len(s) && memcmp(s, start, n) == 0;
}

VEGA_UNUSED bool vega_unstored; // the last VEGA_ERR_NOT_SET was vega_kv_get's

// vega_ends terminates the text that a call wrote to a buffer.
VEGA_UNUSED int32_t vega_ends(char *buf, size_t cap, int32_t n) {
	vega_unstored = false;
	if (cap > 0) buf[n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1] = 0;
	return n;
}

// vega_clip returns how much of a text fits a limit, in whole characters.
VEGA_UNUSED uint32_t vega_clip(const char *s, uint32_t n, uint32_t limit) {
	if (n <= limit) return n;
	for (n = limit; n > 0 && (s[n] & 0xC0) == 0x80;) n--;
	return n;
}

// A sink stores text up to the size of its buffer and counts the rest.
typedef struct {
	char *buf;
	size_t cap, len;
} vega_sink;

VEGA_UNUSED void vega_put(vega_sink *s, const char *text, size_t n) {
	for (size_t i = 0; i < n; i++, s->len++) {
		if (s->len + 1 < s->cap) s->buf[s->len] = text[i];
	}
}

VEGA_UNUSED void vega_put_number(vega_sink *s, uint64_t n, uint32_t base, bool negative) {
	char digits[24];
	size_t at = sizeof digits;
	do {
		digits[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n > 0);
	if (negative) digits[--at] = '-';
	vega_put(s, digits + at, sizeof digits - at);
}

// vega_put_double writes a number with up to nine decimal places. Numbers over
// 2^63 are written as 2^63.
VEGA_UNUSED void vega_put_double(vega_sink *s, double v, int places) {
	if (v != v) {
		vega_put(s, "nan", 3);
		return;
	}
	bool negative = v < 0;
	if (negative) v = -v;
	if (v > 9e18) v = 9e18;
	uint64_t scale = 1;
	for (int i = 0; i < places && i < 9; i++) scale *= 10;
	uint64_t whole = (uint64_t)v;
	uint64_t part = (uint64_t)((v - (double)whole) * (double)scale + 0.5);
	if (part >= scale) {
		whole++;
		part -= scale;
	}
	vega_put_number(s, whole, 10, negative);
	if (places <= 0) return;
	vega_put(s, ".", 1);
	for (scale /= 10; scale > 0; scale /= 10) {
		char digit = (char)('0' + part / scale % 10);
		vega_put(s, &digit, 1);
	}
}

// vega_vformat is vega_format with a va_list.
VEGA_UNUSED int32_t vega_vformat(char *buf, size_t cap, const char *format, va_list args) {
	vega_sink s = {buf, cap, 0};
	for (const char *f = format; *f != 0; f++) {
		if (*f != '%') {
			vega_put(&s, f, 1);
			continue;
		}
		int precision = -1, wide = 0;
		if (*++f == '.') {
			if (*++f == '*') {
				precision = va_arg(args, int);
				f++;
			} else {
				for (precision = 0; *f >= '0' && *f <= '9'; f++) precision = precision * 10 + (*f - '0');
			}
		}
		for (; *f == 'l' || *f == 'z' || *f == 'h'; f++) wide += *f == 'l';
		switch (*f) {
		case 's': {
			const char *text = va_arg(args, const char *);
			if (text == NULL) text = "(null)";
			size_t n = 0;
			while ((precision < 0 || n < (size_t)precision) && text[n] != 0) n++;
			vega_put(&s, text, n);
			break;
		}
		case 'c': {
			char c = (char)va_arg(args, int);
			vega_put(&s, &c, 1);
			break;
		}
		case 'd':
		case 'i': {
			int64_t n = wide > 1 ? va_arg(args, long long) : va_arg(args, int);
			vega_put_number(&s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, n < 0);
			break;
		}
		case 'u':
		case 'x': vega_put_number(&s, wide > 1 ? va_arg(args, unsigned long long) : va_arg(args, unsigned), *f == 'x' ? 16 : 10, false); break;
		case 'f': vega_put_double(&s, va_arg(args, double), precision < 0 ? 6 : precision); break;
		case '%': vega_put(&s, "%", 1); break;
		default: vega_put(&s, "%?", 2); return vega_ends(buf, cap, (int32_t)s.len);
		}
	}
	return vega_ends(buf, cap, (int32_t)s.len);
}

// vega_format is snprintf for %s %.*s %c %d %u %x with l, ll and z, %.Nf and
// %%. It returns the length of the whole text.
__attribute__((format(printf, 3, 4))) VEGA_UNUSED int32_t vega_format(char *buf, size_t cap, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int32_t n = vega_vformat(buf, cap, format, args);
	va_end(args);
	return n;
}

// vega_to_int parses a decimal number with an optional sign. It returns false
// if the text is not a number or is out of range.
VEGA_UNUSED bool vega_to_int(const char *text, int64_t *out) {
	bool negative = *text == '-';
	if (*text == '-' || *text == '+') text++;
	if (*text == 0) return false;
	uint64_t n = 0;
	for (; *text != 0; text++) {
		if (*text < '0' || *text > '9' || n > (uint64_t)INT64_MAX / 10) return false;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	if (n > (uint64_t)INT64_MAX) return false;
	*out = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

// vega_to_double parses a decimal number as written in JSON: 12, -0.5, 1e3.
VEGA_UNUSED bool vega_to_double(const char *text, double *out) {
	bool negative = *text == '-', any = false;
	if (*text == '-' || *text == '+') text++;
	double v = 0;
	int shift = 0;
	for (; *text >= '0' && *text <= '9'; text++, any = true) v = v * 10 + (*text - '0');
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++, shift--, any = true) v = v * 10 + (*text - '0');
	}
	if (any && (*text == 'e' || *text == 'E')) {
		int64_t e = 0;
		if (!vega_to_int(text + 1, &e) || e > 400 || e < -400) return false;
		shift += (int)e;
		text += vega_len(text);
	}
	if (!any || *text != 0) return false;
	double scale = 1;
	for (int i = shift < 0 ? -shift : shift; i > 0; i--) scale *= 10;
	v = shift < 0 ? v / scale : v * scale;
	*out = negative ? -v : v;
	return true;
}

// ---- Reporting ----

// VEGA_CLIPPED truncates a text to a limit, with a mark, and passes it to a
// call.
#define VEGA_CLIPPED(text, n, limit, call)                       \
	do {                                                         \
		if ((n) <= (limit)) {                                    \
			const char *vega_at = (text);                        \
			uint32_t vega_n = (n);                               \
			call;                                                \
		} else {                                                 \
			char vega_at[limit];                                 \
			uint32_t vega_n = vega_clip(text, n, (limit) - 3);   \
			memcpy(vega_at, text, vega_n);                       \
			memcpy(vega_at + vega_n, "\xE2\x80\xA6", 3);         \
			vega_n += 3;                                         \
			call;                                                \
		}                                                        \
	} while (0)

// vega_message sets the one-line result, up to 1 KiB. The last call wins.
VEGA_UNUSED void vega_message(const char *text) {
	uint32_t n = vega_len(text);
	VEGA_CLIPPED(text, n, 1024, vega_raw_message(vega_at, vega_n));
}

// vega_say formats a message and returns the status.
VEGA_UNUSED vega_status vega_say(vega_status status, const char *format, va_list args) {
	char text[2048];
	vega_vformat(text, sizeof text, format, args);
	vega_message(text);
	return status;
}

// The results of a probe: return vega_unhealthy("%s does not answer", url). The
// message is one line for the operator: what is wrong and what to do.
#define VEGA_RESULT(name, status)                                                                 \
	__attribute__((format(printf, 1, 2))) VEGA_UNUSED vega_status name(const char *format, ...) { \
		va_list args;                                                                             \
		va_start(args, format);                                                                   \
		vega_say(status, format, args);                                                           \
		va_end(args);                                                                             \
		return status;                                                                            \
	}
VEGA_RESULT(vega_healthy, VEGA_HEALTHY)     // the target works
VEGA_RESULT(vega_degraded, VEGA_DEGRADED)   // the target works, but not as it should
VEGA_RESULT(vega_unhealthy, VEGA_UNHEALTHY) // the target does not work
VEGA_RESULT(vega_unknown, VEGA_UNKNOWN)     // the probe could not determine the state: the target may not be at fault

// vega_detail adds evidence under a name; the same name replaces it. A run may
// add 64; with more it is unknown. Values are cut at 4 KiB.
VEGA_UNUSED void vega_detail(const char *name, const char *value) {
	char key[128];
	uint32_t name_len = vega_len(name), n = vega_len(value);
	VEGA_CLIPPED(name, name_len, 128, {
		memcpy(key, vega_at, vega_n);
		name_len = vega_n;
	});
	VEGA_CLIPPED(value, n, 4096, vega_raw_detail(key, name_len, vega_at, vega_n));
}

// vega_metric adds a measured value in a unit such as "ms". A run may add 64; with
// more it is unknown. Values that are not finite are ignored.
VEGA_UNUSED void vega_metric(const char *name, double value, const char *unit) {
	if (value - value != 0) return;
	uint32_t n = vega_len(name), u = vega_len(unit);
	vega_raw_metric(name, vega_clip(name, n, 128), value, unit, vega_clip(unit, u, 128));
}

// vega_millis adds a duration in nanoseconds as a metric in milliseconds.
VEGA_UNUSED void vega_millis(const char *name, int64_t nanoseconds) { vega_metric(name, (double)nanoseconds / 1e6, "ms"); }

// vega_log writes a line to vega's log, which keeps 64 lines of 1 KiB per run.
VEGA_UNUSED void vega_log(vega_level level, const char *line) {
	uint32_t n = vega_len(line);
	VEGA_CLIPPED(line, n, 1024, vega_raw_log(level, vega_at, vega_n));
}

// vega_error_text returns the text of the last error: a sentence for the
// operator, without secrets.
VEGA_UNUSED int32_t vega_error_text(char *buf, size_t cap) { return vega_ends(buf, cap, vega_raw_error(buf, (uint32_t)cap)); }

VEGA_UNUSED bool vega_line_too_long; // the last VEGA_ERR_TOO_LARGE was vega_read_line's

// vega_failed_text is like vega_failed but writes the message to a buffer.
VEGA_UNUSED vega_status vega_failed_text(const char *who, int32_t error, char *buf, size_t cap) {
	char text[1024];
	bool unstored = vega_unstored;
	vega_error_text(text, sizeof text);
	if (error == VEGA_ERR_TOO_LARGE && vega_line_too_long) vega_format(text, sizeof text, "the peer sent a line that is too long");
	vega_line_too_long = false;
	switch (error) {
	case VEGA_ERR_DENIED: vega_format(buf, cap, "%s", text); return VEGA_UNKNOWN;
	case VEGA_ERR_TIMEOUT: vega_format(buf, cap, "%s did not answer in time; it is overloaded or hung, or a firewall drops the packets (%s)", who, text); return VEGA_UNHEALTHY;
	case VEGA_ERR_REFUSED: vega_format(buf, cap, "%s refuses the connection; start the service or correct the address", who); return VEGA_UNHEALTHY;
	case VEGA_ERR_DNS: vega_format(buf, cap, "the name of %s does not resolve; correct the name or repair its DNS (%s)", who, text); return VEGA_UNHEALTHY;
	case VEGA_ERR_TLS: vega_format(buf, cap, "TLS with %s failed: %s", who, text); return VEGA_UNHEALTHY;
	case VEGA_ERR_RESET: vega_format(buf, cap, "%s closed the connection in the middle of the exchange; look into its log", who); return VEGA_UNHEALTHY;
	case VEGA_ERR_TOO_LARGE: vega_format(buf, cap, "%s answered with more than this probe reads (%s); correct the address, or check something that answers with less", who, text); return VEGA_UNKNOWN;
	case VEGA_ERR_NOT_SET:
		if (unstored) {
			vega_format(buf, cap, "could not check %s: %s; no run has stored it yet, which the probe has to expect", who, text);
			return VEGA_UNKNOWN;
		} // fall through
	case VEGA_ERR_TARGET: vega_format(buf, cap, "%s: %s", who, text); return VEGA_UNHEALTHY;
	default:
		if (error >= 0) vega_format(text, sizeof text, "the probe reports a failure, but %d is not an error of a call; correct the probe", (int)error);
		vega_format(buf, cap, "could not check %s: %s", who, text);
		return VEGA_UNKNOWN;
	}
}

// vega_failed turns a failed call into a result that says whose fault it is and
// what to do. Call it right after the failed call. who is the target, such as
// "https://example.com". A denial is unknown and says what to grant; a failure
// that only the target can have caused is unhealthy; an incorrect call, one that
// vega could not make, a value that no run has stored yet, and a number that is
// not a vega_error are unknown.
VEGA_UNUSED vega_status vega_failed(const char *who, int32_t error) {
	char text[2048];
	vega_status status = vega_failed_text(who, error, text, sizeof text);
	vega_message(text);
	return status;
}

// ---- Options of the integration ----
//
// An option that is not set and has no default is "", 0 or false; use vega_has
// to tell the difference. The host has checked every value against its type in
// the manifest. A path leads into lists and maps: "headers.Accept", "urls.0".

// vega_string returns the option's text. A value from env() or file() is a
// placeholder of the same length: the host replaces it where it is sent as a
// whole, in a header, basic auth or the configured URL.
VEGA_UNUSED int32_t vega_string(const char *option, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_config(option, vega_len(option), buf, (uint32_t)cap));
}

// vega_has reports whether the option is set or has a default.
VEGA_UNUSED bool vega_has(const char *option) { return vega_raw_config(option, vega_len(option), NULL, 0) >= 0; }

// vega_number returns the value of a number option.
VEGA_UNUSED double vega_number(const char *option) {
	char text[64];
	double v = 0;
	vega_string(option, text, sizeof text);
	return vega_to_double(text, &v) ? v : 0;
}

// vega_int returns a whole number: a number option, the nanoseconds of a
// duration or the bytes of a size.
VEGA_UNUSED int64_t vega_int(const char *option) {
	char text[64];
	int64_t n = 0;
	vega_string(option, text, sizeof text);
	return vega_to_int(text, &n) ? n : (int64_t)vega_number(option);
}

// vega_flag returns the value of a bool option.
VEGA_UNUSED bool vega_flag(const char *option) {
	char text[8];
	vega_string(option, text, sizeof text);
	return vega_equal(text, "true");
}

// vega_count returns the number of elements of a list or map option.
VEGA_UNUSED int32_t vega_count(const char *option) {
	char path[512];
	vega_format(path, sizeof path, "%s.#", option);
	return (int32_t)vega_int(path);
}

// vega_element returns an element of a list option.
VEGA_UNUSED int32_t vega_element(const char *option, int32_t i, char *buf, size_t cap) {
	char path[512];
	vega_format(path, sizeof path, "%s.%d", option, (int)i);
	return vega_string(path, buf, cap);
}

// vega_key returns a key of a map option by index; vega_value returns its
// value.
VEGA_UNUSED int32_t vega_key(const char *option, int32_t i, char *buf, size_t cap) {
	char path[512];
	vega_format(path, sizeof path, "%s.@%d", option, (int)i);
	return vega_string(path, buf, cap);
}

// vega_escape escapes a key for use in a path.
VEGA_UNUSED int32_t vega_escape(const char *key, char *buf, size_t cap) {
	vega_sink s = {buf, cap, 0};
	for (const char *k = key; *k != 0; k++) {
		if (*k == '.' || *k == '\\' || (k == key && (*k == '#' || *k == '@'))) vega_put(&s, "\\", 1);
		vega_put(&s, k, 1);
	}
	return vega_ends(buf, cap, (int32_t)s.len);
}

VEGA_UNUSED int32_t vega_value(const char *option, const char *key, char *buf, size_t cap) {
	char escaped[600], path[1024];
	vega_escape(key, escaped, sizeof escaped);
	vega_format(path, sizeof path, "%s.%s", option, escaped);
	return vega_string(path, buf, cap);
}

// ---- HTTP: capability "http" ----

// vega_http begins a request. The certificate of an https server is always
// verified. Up to 10 redirects are followed, each subject to the grants.
VEGA_UNUSED vega_request vega_http(const char *method, const char *url) { return vega_raw_http_request(method, vega_len(method), url, vega_len(url)); }

// vega_http_header adds a header. A secret is its whole value, alone or after one
// word such as "Bearer "; elsewhere the request is VEGA_ERR_DENIED.
VEGA_UNUSED int32_t vega_http_header(vega_request r, const char *name, const char *value) { return vega_raw_http_header(r, name, vega_len(name), value, vega_len(value)); }

// vega_http_basic_auth adds basic authentication, encoded by the host, so that
// user and password may be secrets.
VEGA_UNUSED int32_t vega_http_basic_auth(vega_request r, const char *user, const char *password) { return vega_raw_http_basic_auth(r, user, vega_len(user), password, vega_len(password)); }

// vega_http_redirects sets how many redirects to follow; with 0, the redirect
// is the response.
VEGA_UNUSED int32_t vega_http_redirects(vega_request r, int32_t n) { return vega_raw_http_option(r, 0, n); }

// vega_http_max_body sets the maximum size of the response body in bytes.
VEGA_UNUSED int32_t vega_http_max_body(vega_request r, int32_t bytes) { return vega_raw_http_option(r, 1, bytes); }

// vega_http_utf8 has the response body converted to UTF-8, according to its byte
// order mark, its Content-Type or the head of the HTML.
VEGA_UNUSED void vega_http_utf8(vega_request r) { vega_raw_http_option(r, 2, 1); } // an older host does not know it

// vega_http_no_json says that vega_json will not be called for the response, so that
// the host does not keep the body once it was read.
VEGA_UNUSED void vega_http_no_json(vega_request r) { vega_raw_http_option(r, 3, 1); } // an older host does not know it

// vega_http_http2 has the request sent over HTTP/2 only, to an http:// URL without TLS.
// An error means that the request would go over HTTP/1.1.
VEGA_UNUSED int32_t vega_http_http2(vega_request r) { return vega_raw_http_option(r, 4, 1); }

// vega_http_send sends the request with a body or NULL. It returns the HTTP
// status when the response headers have arrived, or an error. From then on the
// handle is that of the response.
VEGA_UNUSED int32_t vega_http_send(vega_request r, const char *body) {
	if (r < 0) return r;
	int32_t status = vega_raw_http_send(r, body, vega_len(body));
	if (status < 0) vega_close(r);
	return status;
}

// vega_http_send_bytes is vega_http_send for a body that may contain zeros.
VEGA_UNUSED int32_t vega_http_send_bytes(vega_request r, const void *body, size_t len) {
	if (r < 0) return r;
	int32_t status = vega_raw_http_send(r, body, (uint32_t)len);
	if (status < 0) vega_close(r);
	return status;
}

// vega_http_get sends a GET request and returns the handle of the response, or
// an error. It stores the HTTP status in *status unless status is NULL.
VEGA_UNUSED vega_response vega_http_get(const char *url, int32_t *status) {
	vega_request r = vega_http("GET", url);
	int32_t s = vega_http_send(r, NULL);
	if (status != NULL) *status = s;
	return s < 0 ? s : r;
}

// vega_http_response_header returns a header of the response, or VEGA_ERR_NOT_SET.
// If it occurs several times, "NAME:1" is the second value, and so on. ":url" is
// where redirects led.
VEGA_UNUSED int32_t vega_http_response_header(vega_response r, const char *name, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_http_response_header(r, name, vega_len(name), buf, (uint32_t)cap));
}

// vega_http_response_trailer returns a trailer of the response, or VEGA_ERR_NOT_SET.
// Trailers follow the body: read it to its end before.
VEGA_UNUSED int32_t vega_http_response_trailer(vega_response r, const char *name, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_http_response_trailer(r, name, vega_len(name), buf, (uint32_t)cap));
}

// vega_json returns the value at a path of the body's JSON
// ("data.items.0.name"): text as it is, numbers as written, lists and objects
// as JSON. A path that does not exist is VEGA_ERR_NOT_SET, a body that is not
// JSON VEGA_ERR_INVALID.
VEGA_UNUSED int32_t vega_json(vega_response r, const char *path, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_json(r, path, vega_len(path), buf, (uint32_t)cap));
}

// vega_json_count returns the number of elements in the list or object at a
// path, or 0.
VEGA_UNUSED int32_t vega_json_count(vega_response r, const char *path) {
	char whole[512], text[16];
	int64_t n = 0;
	vega_format(whole, sizeof whole, *path == 0 ? "%s#" : "%s.#", path);
	return vega_json(r, whole, text, sizeof text) >= 0 && vega_to_int(text, &n) ? (int32_t)n : 0;
}

// vega_http_timing returns the duration of a phase in nanoseconds, summed over
// redirects; 0 if it did not take place.
VEGA_UNUSED int64_t vega_http_timing(vega_response r, vega_phase phase) {
	int64_t t = vega_raw_http_timing(r, phase);
	return t < 0 ? 0 : t;
}

// vega_read_all reads to the end of a body or stream, or until the buffer is
// full, terminates the text with a 0, and returns the length.
VEGA_UNUSED int32_t vega_read_all(int32_t handle, char *buf, size_t cap) {
	size_t n = 0;
	while (n + 1 < cap) {
		int32_t got = vega_raw_read(handle, buf + n, (uint32_t)(cap - 1 - n));
		if (got < 0) return got;
		if (got == 0) break;
		n += (size_t)got;
	}
	return vega_ends(buf, cap, (int32_t)n);
}

// ---- Connections: capability "net" ----

// vega_dial connects to host:port. A TLS connection is established even if the
// certificate is bad, so that it can be inspected: call vega_tls_verify before
// you trust the peer. The host sends no secret over an unverified connection.
VEGA_UNUSED vega_conn vega_dial(vega_network network, const char *address) { return vega_raw_dial(network, address, vega_len(address)); }

// vega_read waits for at least one byte and returns the number read; 0 at the
// end.
VEGA_UNUSED int32_t vega_read(int32_t handle, void *buf, size_t cap) { return cap == 0 ? 0 : vega_raw_read(handle, buf, (uint32_t)cap); }

// vega_read_within is vega_read that waits for at most so many nanoseconds. After
// VEGA_ERR_TIMEOUT the connection can be used further, such as to send a lost datagram
// again.
VEGA_UNUSED int32_t vega_read_within(vega_conn c, int64_t wait, void *buf, size_t cap) { return cap == 0 ? 0 : vega_raw_read_within(c, wait, buf, (uint32_t)cap); }

// vega_write writes all bytes and returns their number. A secret needs
// secrets = "anywhere" in the grant, and must lie within one write.
VEGA_UNUSED int32_t vega_write(vega_conn c, const void *data, size_t len) {
	size_t done = 0;
	while (done < len) {
		int32_t n = vega_raw_write(c, (const char *)data + done, (uint32_t)(len - done));
		if (n < 0) return n;
		if (n == 0) return VEGA_ERR_IO;
		done += (size_t)n;
	}
	return (int32_t)done;
}

VEGA_UNUSED int32_t vega_write_text(vega_conn c, const char *text) { return vega_write(c, text, vega_len(text)); }

// vega_read_line reads up to a line feed and returns the length of the line
// without its line ending. It reads byte by byte, so that what follows stays
// unread. A line that does not fit is VEGA_ERR_TOO_LARGE, the end of the stream
// VEGA_ERR_RESET; vega_failed describes both, vega_error_text neither.
VEGA_UNUSED int32_t vega_read_line(vega_conn c, char *buf, size_t cap) {
	for (size_t n = 0;;) {
		char byte;
		int32_t got = vega_raw_read(c, &byte, 1);
		if (got == 0) got = VEGA_ERR_RESET;
		if (got < 0) return vega_ends(buf, cap, got);
		if (byte == '\n') {
			if (n > 0 && buf[n - 1] == '\r') n--;
			return vega_ends(buf, cap, (int32_t)n);
		}
		if (n + 1 >= cap) {
			vega_line_too_long = true;
			return vega_ends(buf, cap, VEGA_ERR_TOO_LARGE);
		}
		buf[n++] = byte;
	}
}

// vega_tls_start upgrades a TCP connection, as in STARTTLS, to a server of the
// given name; "" means the dialled host.
VEGA_UNUSED int32_t vega_tls_start(vega_conn c, const char *name) { return vega_raw_tls_start(c, name, vega_len(name)); }

// vega_tls_info returns a fact about the TLS of a connection or https response.
// VEGA_TLS_NOT_AFTER and VEGA_TLS_CHAIN_NOT_AFTER are in seconds since 1970,
// VEGA_TLS_DNS_NAMES one per line. VEGA_TLS_CLIENT waits until the peer has
// accepted the handshake; it is VEGA_ERR_TLS if the peer refuses the client.
// VEGA_TLS_REDIRECTS is about the servers that redirected to this one: three lines,
// the end, origin and subject of the one that is trusted for the shortest time.
VEGA_UNUSED int32_t vega_tls_info(int32_t handle, vega_tls_fact what, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_tls_info(handle, what, buf, (uint32_t)cap));
}

// vega_tls_verify returns 0 if the peer was verified, and otherwise VEGA_ERR_TLS
// with the reason in the buffer.
VEGA_UNUSED int32_t vega_tls_verify(int32_t handle, char *why, size_t cap) {
	int32_t n = vega_tls_info(handle, VEGA_TLS_VERIFIED, why, cap);
	return n > 0 ? VEGA_ERR_TLS : n;
}

// ---- Sockets in the file system: capability "unix" ----
//
// vega_dial(VEGA_UNIX, "/run/app.sock") connects to one.

// vega_http_unix has an http:// request sent over the socket with this path. The host of
// its URL is then only the Host header:
//
//	vega_request r = vega_http("GET", "http://localhost/containers/json");
//	vega_http_unix(r, "/run/docker.sock");
//	int32_t status = vega_http_send(r, NULL);
VEGA_UNUSED int32_t vega_http_unix(vega_request r, const char *path) { return vega_raw_http_unix(r, path, vega_len(path)); }

// ---- ICMP: capability "icmp" ----

// How echo requests are sent. A family or ttl of 0 leaves the choice to the host.
typedef struct {
	int32_t family;            // 4 or 6
	int32_t count, size, ttl;  // requests, bytes of payload, time to live
	int64_t interval, wait;    // nanoseconds from one request to the next, and for the reply to each
} vega_echo_options;

// vega_echo sends echo requests to a host, waits for the replies, and returns a handle of
// the results:
//
//	vega_echoes e = vega_echo("example.com", (vega_echo_options){.count = 3, .size = 56, .interval = 200000000, .wait = 1000000000});
//	if (e < 0) return vega_failed("example.com", e);
//	for (int32_t i = 0; i < 3; i++) {
//		int64_t rtt = vega_echo_reply(e, i, VEGA_ECHO_RTT); // VEGA_ERR_NOT_SET: no reply
//	}
VEGA_UNUSED vega_echoes vega_echo(const char *host, vega_echo_options o) {
	return vega_raw_icmp_echo(host, vega_len(host), o.family, o.count, o.size, o.ttl, o.interval, o.wait);
}

// vega_echo_reply returns a fact about request i, counted from 0: nanoseconds to the reply,
// its TTL, the number of its duplicates, or the ICMP error that came instead, as
// type<<8|code. A fact that there is not is VEGA_ERR_NOT_SET.
VEGA_UNUSED int64_t vega_echo_reply(vega_echoes e, int32_t i, vega_echo_fact what) { return vega_raw_icmp_reply(e, i, what); }

// vega_echo_from returns the address that the reply or error for request i came from. With
// -1 it is the address that the requests went to.
VEGA_UNUSED int32_t vega_echo_from(vega_echoes e, int32_t i, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_icmp_from(e, i, buf, (uint32_t)cap));
}

// ---- WebSocket: capability "websocket" ----

// vega_websocket_open sends a request with a ws:// or wss:// URL and returns the status. If
// it is 101, the handle is that of a WebSocket from then on, and otherwise that of the
// response: the server does not upgrade the connection.
VEGA_UNUSED int32_t vega_websocket_open(vega_request r) {
	if (r < 0) return r;
	int32_t status = vega_raw_websocket_open(r);
	if (status < 0) vega_close(r);
	return status;
}

// vega_websocket_connect opens a WebSocket and returns its handle, or an error. It stores
// the status in *status unless status is NULL:
//
//	int32_t status;
//	vega_websocket w = vega_websocket_connect(url, &status);
//	if (w < 0) return vega_failed(url, w);
//	if (status != 101) return vega_unhealthy("%s answers with %d and opens no WebSocket", url, (int)status);
//	vega_websocket_send_text(w, "ping");
VEGA_UNUSED vega_websocket vega_websocket_connect(const char *url, int32_t *status) {
	vega_request r = vega_http("GET", url);
	int32_t s = vega_websocket_open(r);
	if (status != NULL) *status = s;
	return s < 0 ? s : r;
}

// vega_websocket_send sends one message and returns 0, or an error.
VEGA_UNUSED int32_t vega_websocket_send(vega_websocket w, vega_message_kind kind, const void *message, size_t len) {
	return vega_raw_websocket_send(w, kind, message, (uint32_t)len);
}

VEGA_UNUSED int32_t vega_websocket_send_text(vega_websocket w, const char *text) { return vega_websocket_send(w, VEGA_TEXT, text, vega_len(text)); }

// vega_websocket_receive waits for a message and returns its length. One that is longer
// than the buffer stays: call again with a larger one. If there is room, a 0 follows it. A
// peer that closes the WebSocket is VEGA_ERR_RESET.
VEGA_UNUSED int32_t vega_websocket_receive(vega_websocket w, void *buf, size_t cap) {
	int32_t n = vega_raw_websocket_receive(w, buf, (uint32_t)cap);
	if (n >= 0 && (size_t)n < cap) ((char *)buf)[n] = 0;
	return n;
}

// vega_websocket_info returns a fact: the subprotocol that the server chose, the kind of
// the last message ("text" or "binary"), and the code and reason with which the peer
// closed, "" before.
VEGA_UNUSED int32_t vega_websocket_info(vega_websocket w, vega_websocket_fact what, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_websocket_info(w, what, buf, (uint32_t)cap));
}

// ---- SSH: capability "ssh" ----

// vega_ssh_connect connects to host:port. The login, the host keys and the command are in
// the integration's ssh block: the host logs in if the server's key is one of these, and
// the probe sees none of it.
//
//	vega_ssh s = vega_ssh_connect("example.com:22");
//	if (s < 0) return vega_failed("example.com", s);
//	char why[512], output[4096];
//	if (vega_ssh_info(s, VEGA_SSH_VERIFIED, why, sizeof why) > 0) return vega_unhealthy("example.com: %s", why);
//	int32_t status = vega_ssh_run(s);
//	if (status >= 0) vega_read_all(s, output, sizeof output);
VEGA_UNUSED vega_ssh vega_ssh_connect(const char *address) { return vega_raw_ssh_connect(address, vega_len(address)); }

// vega_ssh_info returns a fact about the server. VEGA_SSH_VERIFIED and VEGA_SSH_LOGIN are ""
// if the host key is one that the operator wrote and the host has logged in, and otherwise
// the reason why not; VEGA_ERR_NOT_SET if the operator wrote no host keys, or no login.
VEGA_UNUSED int32_t vega_ssh_info(vega_ssh s, vega_ssh_fact what, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_ssh_info(s, what, buf, (uint32_t)cap));
}

// vega_ssh_run runs the operator's command and returns its exit status. vega_read and
// vega_read_all then return what it printed.
VEGA_UNUSED int32_t vega_ssh_run(vega_ssh s) { return vega_raw_ssh_run(s); }

// ---- DNS: capability "dns" ----

// vega_resolve queries records of a type ("A", "MX", "TXT" …) and returns them
// one per line. The server "" means vega's own. A name that does not exist is
// VEGA_ERR_DNS; one without such a record VEGA_ERR_NOT_SET.
VEGA_UNUSED int32_t vega_resolve(const char *type, const char *name, const char *server, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_resolve(type, vega_len(type), name, vega_len(name), server, vega_len(server), buf, (uint32_t)cap));
}

// ---- SQL: capability "sql" ----

// vega_sql runs a read-only query on the database named by an option of type
// database.
VEGA_UNUSED vega_rows vega_sql(const char *database, const char *query) { return vega_raw_sql_query(database, vega_len(database), query, vega_len(query)); }

// vega_sql_column returns a column of the current row as text; NULL is
// VEGA_ERR_NOT_SET.
VEGA_UNUSED int32_t vega_sql_column(vega_rows r, int32_t column, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_sql_column(r, column, buf, (uint32_t)cap));
}

// ---- Storage: capability "kv" ----

// vega_kv_get returns a value stored by an earlier run of this integration, or
// VEGA_ERR_NOT_SET, such as in the first run.
VEGA_UNUSED int32_t vega_kv_get(const char *key, char *buf, size_t cap) {
	int32_t n = vega_ends(buf, cap, vega_raw_kv_get(key, vega_len(key), buf, (uint32_t)cap));
	vega_unstored = n == VEGA_ERR_NOT_SET;
	return n;
}

// vega_kv_set stores bytes for later runs, within the quota of the grant. With
// none, it deletes the key.
VEGA_UNUSED int32_t vega_kv_set(const char *key, const void *value, size_t len) { return vega_raw_kv_set(key, vega_len(key), value, (uint32_t)len); }

// ---- Regular expressions ----

// vega_match returns 1 if the RE2 pattern matches anywhere in the text, 0 if
// not, and VEGA_ERR_INVALID for an invalid pattern.
VEGA_UNUSED int32_t vega_match(const char *pattern, const char *text) { return vega_raw_match(pattern, vega_len(pattern), text, vega_len(text)); }

// vega_match_group returns the part of the text that a group of the RE2 pattern matches, in
// the first match; group 0 is the whole match. Without one it is VEGA_ERR_NOT_SET.
VEGA_UNUSED int32_t vega_match_group(const char *pattern, const char *text, int32_t group, char *buf, size_t cap) {
	return vega_ends(buf, cap, vega_raw_match_group(pattern, vega_len(pattern), text, vega_len(text), group, buf, (uint32_t)cap));
}

// ---- Entry point ----

typedef struct {
	const char *name;
	vega_status (*run)(void);
} vega_probe;

// VEGA_PROBES registers the probes of the plugin under their names in the
// manifest, once, in one file: VEGA_PROBES({"orders", orders}, {"stock",
// stock}).
#define VEGA_PROBES(...)                                                                          \
	static const vega_probe vega_probes[] = {__VA_ARGS__};                                        \
	__attribute__((export_name("vega_run"))) int32_t vega_run(int32_t index) {                    \
		char name[128];                                                                           \
		(void)index;                                                                              \
		vega_string("@probe", name, sizeof name);                                                 \
		for (size_t i = 0; i < sizeof vega_probes / sizeof vega_probes[0]; i++) {                 \
			if (vega_equal(vega_probes[i].name, name)) return (int32_t)vega_probes[i].run();      \
		}                                                                                         \
		return (int32_t)vega_unknown("the plugin registers no probe \"%s\", which its manifest "    \
		                             "declares: add it to VEGA_PROBES", name);                   \
	}

#endif
