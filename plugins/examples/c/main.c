// The plugin backlog; plugin.hcl describes it.
#include "vega.h"

// queue asks a service how many jobs are waiting, and judges the number. The
// message is for the person on call: it says what is wrong, with what, and what
// to do.
static vega_status queue(void) {
	char url[1024], path[256], text[32];
	vega_string("url", url, sizeof url);
	vega_string("path", path, sizeof path);

	int32_t status;
	vega_response answer = vega_http_get(url, &status);
	if (answer < 0) return vega_failed(url, answer);
	vega_millis("response_time", vega_http_timing(answer, VEGA_PHASE_TOTAL));
	if (status != 200) return vega_unhealthy("%s answered %d, expected 200; look into its log", url, (int)status);

	int32_t found = vega_json(answer, path, text, sizeof text);
	if (found == VEGA_ERR_NOT_SET || found == VEGA_ERR_INVALID) {
		char why[256];
		vega_error_text(why, sizeof why);
		return vega_unhealthy("the response of %s has no %s; correct path (%s)", url, path, why);
	}
	if (found < 0) return vega_failed(url, found); // the body was incomplete
	int64_t waiting;
	if (!vega_to_int(text, &waiting)) return vega_unhealthy("%s at %s is not a number: \"%s\"; correct path", path, url, text);
	vega_metric("waiting", (double)waiting, "");

	int64_t most = vega_int("max");
	if (waiting > most) return vega_degraded("%s jobs are waiting at %s, more than %lld; start more workers, or look into their log", text, url, (long long)most);
	return vega_healthy("%s jobs are waiting at %s", text, url);
}

VEGA_PROBES({"queue", queue})
