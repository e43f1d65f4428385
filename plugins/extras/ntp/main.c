// The plugin ntp; plugin.hcl describes it. The packet is that of RFC 5905
// (NTPv4), used as in RFC 4330 (SNTP).
#include "../../../sdk/c/vega.h"

enum { PACKET = 48, STRATUM = 1, REFERENCE = 12, ORIGIN = 24, RECEIVED = 32, SENT = 40 };

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

static vega_status offset(void) {
	char address[300];
	uint8_t ask[PACKET] = {0x23}, answer[PACKET]; // version 4, client
	vega_string("address", address, sizeof address);
	vega_conn c = vega_dial(VEGA_UDP, address);
	if (c < 0) return vega_failed(address, c);
	int64_t t1 = vega_now();
	put_time(ask + SENT, t1);
	int32_t n = vega_write(c, ask, sizeof ask);
	if (n >= 0) n = vega_read(c, answer, sizeof answer);
	int64_t t4 = vega_now();
	if (n < 0) return vega_failed(address, n);
	int mode = answer[0] & 7, leap = answer[0] >> 6, stratum = answer[STRATUM];
	if (n < PACKET || mode != 4 || memcmp(answer + ORIGIN, ask + SENT, 8) != 0) return vega_unhealthy("what answers at %s is not a time server, or its reply is for another client; correct the address", address);
	bool kiss = stratum == 0 && answer[REFERENCE] != 0; // a code of RFC 5905, section 7.4
	if (kiss) return vega_unhealthy("%s refuses to answer: %.4s; raise the interval, or use another server", address, (const char *)answer + REFERENCE);
	if (leap == 3 || stratum == 0 || stratum > 15 || is_zero(answer + SENT)) return vega_unhealthy("%s does not know the time itself: it is not synchronised; check its own time servers", address);

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
