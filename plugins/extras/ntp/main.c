// The plugin ntp; plugin.hcl describes it. The packet is that of RFC 5905
// (NTPv4), used as in RFC 4330 (SNTP).
#include "../../../sdk/c/vega.h"

enum { MOST_STRAYS = 64 }; // datagrams to ignore before giving up

enum { MAX_DISPERSION = 16 }; // seconds of error from which on a server does not know the time: RFC 5905, MAXDISP

enum { PACKET = 48, STRATUM = 1, DISPERSION = 8, REFERENCE = 12, ORIGIN = 24, RECEIVED = 32, SENT = 40 };

static const int64_t second = 1000000000;
static const int64_t epoch = 2208988800; // the NTP epoch, in seconds before 1970

// put_time writes nanoseconds since 1970 as seconds and a fraction of 2^-32.
static void put_time(uint8_t *at, int64_t t) {
	uint32_t s = (uint32_t)(t / second + epoch), f = (uint32_t)(((uint64_t)(t % second) << 32) / (uint64_t)second);
	for (int i = 0; i < 4; i++) {
		at[i] = (uint8_t)(s >> (24 - 8 * i));
		at[4 + i] = (uint8_t)(f >> (24 - 8 * i));
	}
}

// get_time reads a time within 68 years of near.
static int64_t get_time(const uint8_t *at, int64_t near) {
	uint32_t s = 0, f = 0;
	for (int i = 0; i < 4; i++) {
		s = s << 8 | at[i];
		f = f << 8 | at[4 + i];
	}
	int32_t apart = (int32_t)(s - (uint32_t)(near / second + epoch));
	return (near / second + apart) * second + (int64_t)((uint64_t)f * (uint64_t)second >> 32);
}

static bool is_zero(const uint8_t *at) {
	for (int i = 0; i < 8; i++) {
		if (at[i] != 0) return false;
	}
	return true;
}

static int64_t absolute(int64_t n) { return n < 0 ? -n : n; }

// kisses are the codes with which a server refuses to answer: RFC 5905, section
// 7.4, and RFC 8915 for NTSN. A server that sends another one is not
// synchronized.
static const struct {
	const char *code, *means;
} kisses[] = {
	{"DENY", "it denies access to this machine; allow its address there, or use another server"},
	{"RSTR", "it denies access to this machine; allow its address there, or use another server"},
	{"ACST", "it belongs to an anycast service; use another server"},
	{"AUTH", "it requires authentication, which this probe does not support; use another server"},
	{"AUTO", "it requires Autokey, which this probe does not support; use another server"},
	{"BCST", "it belongs to a broadcast service; use another server"},
	{"CRYP", "it requires authentication, which this probe does not support; use another server"},
	{"MCST", "it belongs to a manycast service; use another server"},
	{"NKEY", "it requires a key, which this probe does not support; use another server"},
	{"NTSN", "it requires NTS, which this probe does not support; use another server"},
};

static vega_status refuses(const char *address, const char *code) {
	// A limit on the rate says how often vega asks, not how the server is.
	if (memcmp(code, "RATE", 4) == 0) return vega_unknown("%s did not answer because vega or its network asks too often (RATE); raise the interval, or use another server", address);
	for (size_t i = 0; i < sizeof kisses / sizeof kisses[0]; i++) {
		if (memcmp(code, kisses[i].code, 4) == 0) return vega_unhealthy("%s refuses to answer (%.4s): %s", address, code, kisses[i].means);
	}
	return VEGA_HEALTHY;
}

// strays are the datagrams that did not answer the request.
static struct {
	int count;
	bool time_server; // one was the answer to another request
} strays;

// answers reports whether a datagram of n bytes answers the request: it may be
// late, or for another client of the same address.
static bool answers(const uint8_t *answer, int32_t n, const uint8_t *ask) {
	if (n >= PACKET && (answer[0] & 7) == 4 && memcmp(answer + ORIGIN, ask + SENT, 8) == 0) return true;
	strays.count++;
	strays.time_server = strays.time_server || (n >= PACKET && (answer[0] & 7) == 4);
	return false;
}

// silent reports that no answer came before the deadline.
static vega_status silent(const char *address, int32_t error) {
	if (error != VEGA_ERR_TIMEOUT || strays.count == 0) return vega_failed(address, error);
	if (strays.time_server) return vega_unhealthy("%s sent only answers to other requests; check what answers there, or use another server", address);
	return vega_unhealthy("what answers at %s is not a time server; correct the address", address);
}

static vega_status offset(void) {
	char address[300];
	uint8_t ask[PACKET] = {0x23}, answer[1024]; // version 4, client; an answer may have extension fields
	vega_string("address", address, sizeof address);
	vega_conn c = vega_dial(VEGA_UDP, address);
	if (c < 0) return vega_failed(address, c);
	int64_t t1 = vega_now(), t4;
	put_time(ask + SENT, t1);
	int32_t n = vega_write(c, ask, sizeof ask);
	do {
		if (n >= 0) n = vega_read(c, answer, sizeof answer);
		t4 = vega_now();
		if (n < 0) return silent(address, n);
	} while (!answers(answer, n, ask) && strays.count < MOST_STRAYS);
	if (strays.count == MOST_STRAYS) return silent(address, VEGA_ERR_TIMEOUT);
	int leap = answer[0] >> 6, stratum = answer[STRATUM];
	if (stratum == 0) {
		vega_status refused = refuses(address, (const char *)answer + REFERENCE);
		if (refused != VEGA_HEALTHY) return refused;
	}
	bool lost = answer[DISPERSION] != 0 || answer[DISPERSION + 1] >= MAX_DISPERSION;
	if (leap == 3 || stratum == 0 || stratum > 15 || lost || is_zero(answer + RECEIVED) || is_zero(answer + SENT)) return vega_unhealthy("%s does not know the time itself: it is not synchronised; check its own time servers", address);

	int64_t t2 = get_time(answer + RECEIVED, t1), t3 = get_time(answer + SENT, t1);
	int64_t off = ((t2 - t1) + (t3 - t4)) / 2, delay = (t4 - t1) - (t3 - t2), most = vega_int("max_offset");
	vega_millis("offset", off);
	vega_millis("delay", delay < 0 ? 0 : delay);
	vega_metric("stratum", stratum, "");
	if (absolute(off) > most) return vega_degraded("the clock of this machine is %.3f s %s that of %s, more than %.3f s; check chrony or systemd-timesyncd here", (double)absolute(off) / 1e9, off > 0 ? "behind" : "ahead of", address, (double)most / 1e9);
	if (stratum > vega_int("max_stratum")) return vega_degraded("%s is at stratum %d, further from a reference clock than %d; check its own time servers", address, stratum, (int)vega_int("max_stratum"));
	return vega_healthy("the clock of this machine is within %.1f ms of %s (stratum %d)", (double)absolute(off) / 1e6, address, stratum);
}

VEGA_PROBES({"offset", offset})
