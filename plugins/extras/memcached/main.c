// The plugin memcached; plugin.hcl describes it. memcached's doc/protocol.txt
// describes the text protocol.
#include "../../../sdk/c/vega.h"

// stats are the statistics that the probe uses.
static struct {
	const char *name;
	int64_t value;
	bool seen;
} stats[] = {
	{"curr_connections", 0, false}, {"max_connections", 0, false}, {"get_hits", 0, false}, {"get_misses", 0, false},
	{"evictions", 0, false},        {"bytes", 0, false},           {"limit_maxbytes", 0, false}, {"uptime", 0, false},
};
enum { CURRENT, ALLOWED, HITS, MISSES, EVICTIONS, BYTES, LIMIT, UPTIME, STATS };

enum { MOST_LINES = 2000 }; // a server has about 100 statistics

// note stores the value of a line "STAT name value".
static void note(const char *line) {
	if (!vega_starts_with(line, "STAT ")) return;
	line += 5;
	for (int i = 0; i < STATS; i++) {
		uint32_t n = vega_len(stats[i].name);
		if (vega_starts_with(line, stats[i].name) && line[n] == ' ') stats[i].seen = vega_to_int(line + n + 1, &stats[i].value);
	}
}

// since returns how much a counter grew since the last run, and stores it for
// the next. Without storage, on the first run and after a restart of the
// server, it is the count since the server started.
static int64_t since(int i) {
	char kept[32];
	int64_t before = 0;
	if (vega_kv_get(stats[i].name, kept, sizeof kept) < 0 || !vega_to_int(kept, &before) || before > stats[i].value) before = 0;
	vega_format(kept, sizeof kept, "%lld", (long long)stats[i].value);
	vega_kv_set(stats[i].name, kept, vega_len(kept)); // storage is optional: ignore an error
	return stats[i].value - before;
}

static double percent(int64_t part, int64_t whole) { return whole > 0 ? (double)part * 100 / (double)whole : 0; }

static vega_status server(void) {
	char address[300], line[512], version[64] = "";
	vega_string("address", address, sizeof address);
	int64_t began = vega_now();
	vega_conn c = vega_dial(VEGA_TCP, address);
	if (c < 0) return vega_failed(address, c);
	int32_t err = vega_write_text(c, "version\r\nstats\r\n");
	for (int lines = 0;; lines++) {
		if (lines == MOST_LINES) return vega_unknown("%s sent more than %d lines of statistics, the limit of this probe; correct the address, or check it with core.tcp", address, MOST_LINES);
		if (err >= 0) err = vega_read_line(c, line, sizeof line);
		if (err < 0) return vega_failed(address, err);
		if (vega_equal(line, "END")) break;
		if (vega_starts_with(line, "VERSION ")) {
			vega_format(version, sizeof version, "%s", line + 8);
			vega_millis("response_time", vega_now() - began);
		} else if (vega_starts_with(line, "STAT ")) {
			note(line);
		} else if (vega_starts_with(line, "CLIENT_ERROR unauthenticated")) {
			return vega_unknown("%s asks for a login, which this probe does not support; check it with tcp", address);
		} else if (vega_starts_with(line, "ERROR Too many open connections")) {
			return vega_unhealthy("%s has reached its limit of connections; close idle ones, or start it with a larger -c", address);
		} else if (vega_starts_with(line, "SERVER_ERROR ")) {
			return vega_unhealthy("%s reports \"%s\"; look into its log", address, line + 13);
		} else if (version[0] != 0 && vega_starts_with(line, "ERROR")) {
			return vega_unknown("%s speaks memcached but does not know the command stats, as some proxies do; check it with core.tcp", address);
		} else {
			return vega_unhealthy("%s does not speak memcached: it answered \"%s\"; correct the address", address, line);
		}
	}
	for (int i = 0; i < STATS; i++) {
		if (!stats[i].seen) return vega_unknown("%s does not report %s; this probe does not support this memcached", address, stats[i].name);
	}
	double connections = percent(stats[CURRENT].value, stats[ALLOWED].value), memory = percent(stats[BYTES].value, stats[LIMIT].value);
	int64_t hits = since(HITS), asked = hits + since(MISSES), evicted = since(EVICTIONS);
	vega_detail("version", version);
	vega_metric("uptime", (double)stats[UPTIME].value, "s");
	vega_metric("connections", (double)stats[CURRENT].value, "");
	vega_metric("connections_used", connections, "%");
	vega_metric("memory_used", memory, "%");
	vega_metric("evictions", (double)evicted, "");
	if (asked > 0) vega_metric("hits", percent(hits, asked), "%");

	double most = vega_number("max_connections"), least = vega_number("min_hits");
	if (connections > most) return vega_degraded("%lld of the %lld connections that %s allows are in use, more than %.0f %%; close what is idle, or start it with a larger -c", (long long)stats[CURRENT].value, (long long)stats[ALLOWED].value, address, most);
	if (vega_has("max_evictions") && evicted > vega_int("max_evictions")) return vega_degraded("%s evicted %lld values because it was full; start it with a larger -m", address, (long long)evicted);
	if (asked > 0 && percent(hits, asked) < least) return vega_degraded("the hit rate of %s is %.1f %%, below %.0f %%; check what is cached, and for how long", address, percent(hits, asked), least);
	return vega_healthy("memcached %s at %s: %lld connections, %.1f %% of its memory in use", version, address, (long long)stats[CURRENT].value, memory);
}

VEGA_PROBES({"server", server})
