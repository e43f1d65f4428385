package main

import "vega/sdk"

func init() { sdk.Probe("home_assistant", homeAssistantProbe) }

// homeAssistantProbe checks that the API runs, then reads its version and
// state.
func homeAssistantProbe(r *sdk.Run) sdk.Result {
	base, token := r.String("base_url"), r.String("token")
	who := "Home Assistant at " + origin(base)
	status, err := get(r, join(base, "/api/"), token)
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := homeRejected(who, status); result != nil {
		return *result
	}
	if d := (&document{answer: status}); d.field("message") == "" {
		return d.foreign(who, "what answers at "+origin(base)+" is not Home Assistant's API; correct base_url")
	}
	config, err := get(r, join(base, "/api/config"), token)
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := homeRejected(who, config); result != nil {
		return *result
	}
	return homeVerdict(r, who, config)
}

func homeRejected(who string, answer *sdk.Response) *sdk.Result {
	var result sdk.Result
	at := via(who, answer)
	switch answer.Status {
	case 400:
		if speaksHTTPS(answer) {
			return rejected(who, answer, "token")
		}
		result = sdk.Unhealthy(at + " answered 400: it refuses requests through a reverse proxy that it does not trust; in its configuration.yaml, " +
			"set http.use_x_forwarded_for and add the proxy's address to http.trusted_proxies, or set base_url to Home Assistant itself")
	case 401:
		result = sdk.Unhealthy(at + " says that the token is wrong; make a new long-lived access token in your profile there")
	case 403:
		result = sdk.Unhealthy(at + " refuses this address, after too many wrong tokens; remove it from ip_bans.yaml")
	case 404:
		result = sdk.Unhealthy(at + " has no API; add `api:` to its configuration, or correct base_url")
	default:
		return rejected(who, answer, "token")
	}
	return &result
}

func homeVerdict(r *sdk.Run, who string, config *sdk.Response) sdk.Result {
	d := &document{answer: config}
	version, state := d.field("version"), d.field("state")
	safe := d.field("recovery_mode") == "true" || d.field("safe_mode") == "true"
	r.Detail("version", version)
	r.Detail("state", state)
	if version == "" || d.broken != nil {
		return d.foreign(who, who+" did not report its version; correct base_url, or look into its log")
	}
	switch {
	case safe:
		return sdk.Degraded(who + " " + version + " runs in recovery or safe mode; repair its configuration and restart it")
	case state != "" && state != "RUNNING":
		return sdk.Degraded(who + " " + version + " is not running yet: its state is " + state)
	default:
		return sdk.Healthy(who + " " + version + " is running")
	}
}
