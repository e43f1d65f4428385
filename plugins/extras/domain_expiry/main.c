// The plugin domain_expiry; plugin.hcl describes it. RFC 9083, section 5.3,
// specifies the response.
#include "../../../sdk/c/vega.h"

#include "ascii.h"

// days_of returns the number of days from 1970-01-01 to a date.
static int64_t days_of(int64_t y, int64_t m, int64_t d) {
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool digits(const char *text, int n, int64_t *out) {
	*out = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9') return false;
		*out = *out * 10 + text[i] - '0';
	}
	return true;
}

// to_day parses the date of an RFC 3339 time, ignoring the time of day.
static bool to_day(const char *text, int64_t *day) {
	int64_t y, m, d;
	if (vega_len(text) < 10 || !digits(text, 4, &y) || !digits(text + 5, 2, &m) || !digits(text + 8, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31) return false;
	*day = days_of(y, m, d);
	return true;
}

// same reports whether two names of a status are equal. Registries write them
// as RFC 8056 does, or as EPP does: "client hold", "clientHold", "CLIENT_HOLD".
static bool same(const char *a, const char *b) {
	for (;;) {
		while (*a == ' ' || *a == '_' || *a == '-') a++;
		while (*b == ' ' || *b == '_' || *b == '-') b++;
		char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a, y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;
		if (x != y) return false;
		if (x == 0) return true;
		a++;
		b++;
	}
}

// find_expiry finds the expiry date in the list of events. Not every registry
// reports one: those of .fi and .no do not.
static bool find_expiry(vega_response answer, char *date, size_t cap) {
	char path[64], action[32];
	for (int32_t i = 0, n = vega_json_count(answer, "events"); i < n; i++) {
		vega_format(path, sizeof path, "events.%d.eventAction", (int)i);
		if (vega_json(answer, path, action, sizeof action) < 0 || !same(action, "expiration")) continue;
		vega_format(path, sizeof path, "events.%d.eventDate", (int)i);
		return vega_json(answer, path, date, cap) >= 0;
	}
	return false;
}

// statuses are those in which a domain is out of the DNS (RFC 8056, section 2).
// The first that a domain has decides: one that can be redeemed is pending
// delete, too.
static const struct {
	const char *name, *means;
} statuses[] = {
	{"pending restore", "is being restored from deletion and is not in the DNS; ask your registrar whether the restore report is still missing"},
	{"redemption period", "has expired and can still be redeemed; have your registrar restore it at once"},
	{"pending delete", "has expired and is about to be deleted; be ready to register it again"},
	{"server hold", "is on hold by its registry and not in the DNS; ask the registry, through your registrar, what it requires"},
	{"client hold", "is on hold by its registrar and not in the DNS; pay or verify what your registrar asks for"},
	{"inactive", "has no name servers and is not in the DNS; set them at your registrar if it should be"},
};

enum { STATUSES = sizeof statuses / sizeof statuses[0], INACTIVE = STATUSES - 1 };

// find_status finds the first of these statuses that the registry lists: its
// index in statuses, -1 if there is none, or a vega_error below that.
static int32_t find_status(vega_response answer) {
	char path[64], text[128];
	int32_t first = STATUSES, n = vega_json_count(answer, "status");
	bool single = n == 0 && vega_json(answer, "status", text, sizeof text) > 0 && text[0] != '['; // some write one without a list
	for (int32_t i = 0; i < n + single; i++) {
		vega_format(path, sizeof path, single ? "status" : "status.%d", (int)i);
		int32_t len = vega_json(answer, path, text, sizeof text);
		if (len < 0) return len - 1;
		for (int32_t j = 0; j < first; j++) {
			if (same(text, statuses[j].name)) first = j;
		}
	}
	return first == STATUSES ? -1 : first;
}

static vega_status domain(void) {
	char name[1024], ascii[1024], base[2048], url[3100], date[64], class[16];
	if (vega_string("domain", name, sizeof name) >= (int32_t)sizeof name) return vega_unknown("domain is longer than %d bytes; correct it", (int)sizeof name - 1);
	if (vega_string("rdap_url", base, sizeof base) >= (int32_t)sizeof base) return vega_unknown("rdap_url is longer than %d bytes; correct it", (int)sizeof base - 1);
	uint32_t n = vega_len(name);
	if (n > 1 && name[n - 1] == '.') name[n - 1] = 0;
	if (!to_ascii(name, ascii, sizeof ascii)) return vega_unknown("%s is not a domain name: it is too long, or a part of it is; correct domain", name);
	n = vega_len(base);
	vega_format(url, sizeof url, "%s%sdomain/%s", base, n > 0 && base[n - 1] == '/' ? "" : "/", ascii);
	vega_request r = vega_http("GET", url);
	vega_http_header(r, "Accept", "application/rdap+json, application/json");
	int32_t status = vega_http_send(r, NULL);
	if (status < 0) return vega_failed(base, status);
	vega_millis("response_time", vega_http_timing(r, VEGA_PHASE_TOTAL));
	if (status == 404) return vega_unhealthy("%s does not know the domain %s: it is not registered, or this is not its registry; register it, or correct rdap_url", base, name);
	if (status == 429) return vega_unknown("%s did not answer for %s because vega or its network asks too often (429); raise the interval", base, name);
	if (status == 401 || status == 403) return vega_unknown("%s does not answer this client (%d), so it can't tell about %s; allow this machine's address there, or use another rdap_url", base, (int)status, name);
	if (status == 400 || status == 422 || status == 501) return vega_unknown("%s can't answer for %s (%d): it is not a registered domain, or this is not its registry; correct domain or rdap_url", base, name, (int)status);
	if (status != 200) return vega_unhealthy("%s answered %d when asked for %s, expected 200; correct rdap_url, or try again later", base, (int)status, name);

	int32_t found = vega_json(r, "objectClassName", class, sizeof class);
	if (found < 0 && found != VEGA_ERR_NOT_SET && found != VEGA_ERR_INVALID) return vega_failed(base, found);
	if (found < 0) return vega_unhealthy("what answers at %s does not speak RDAP; correct rdap_url", base);
	if (!same(class, "domain")) return vega_unhealthy("%s answered with the object class \"%s\" when asked for the domain %s; correct rdap_url", base, class, name);
	int32_t bad = find_status(r);
	if (bad < -1) return vega_failed(base, bad + 1);
	if (bad >= 0) vega_detail("status", statuses[bad].name);
	if (bad >= 0 && bad != INACTIVE) return vega_unhealthy("%s %s", name, statuses[bad].means);
	int64_t day;
	if (!find_expiry(r, date, sizeof date)) return vega_unknown("%s knows %s, but does not report when it expires: its registry does not publish that by RDAP, so it can't be checked here; set a reminder for the date that your registrar shows", base, name);
	if (!to_day(date, &day)) return vega_unknown("%s reports \"%s\" as the time when %s expires, which is not a date of RFC 3339; ask your registrar", base, date, name);

	int64_t left = day - vega_now() / 1000000000 / 86400, warn = vega_int("warn_days");
	date[10] = 0;
	vega_detail("expires", date);
	vega_metric("days_left", (double)left, "");
	if (left < 0) return vega_unhealthy("%s expired on %s; renew it at once", name, date);
	if (left < warn) return vega_degraded("%s expires on %s, in %lld days; renew it", name, date, (long long)left);
	if (bad == INACTIVE) return vega_degraded("%s %s", name, statuses[bad].means);
	return vega_healthy("%s is registered until %s, %lld days from now", name, date, (long long)left);
}

VEGA_PROBES({"domain", domain})
