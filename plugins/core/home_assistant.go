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
	if field(status, "message") == "" {
		return sdk.Unhealthy("what answers at " + origin(base) + " is not Home Assistant's API; correct base_url")
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
	switch answer.Status {
	case 401:
		result = sdk.Unhealthy(who + " says that the token is wrong; make a new long-lived access token in your profile there")
	case 403:
		result = sdk.Unhealthy(who + " refuses this address, after too many wrong tokens; remove it from ip_bans.yaml")
	case 404:
		result = sdk.Unhealthy(who + " has no API; add `api:` to its configuration, or correct base_url")
	default:
		return rejected(who, answer, "token")
	}
	return &result
}

func homeVerdict(r *sdk.Run, who string, config *sdk.Response) sdk.Result {
	version, state := field(config, "version"), field(config, "state")
	r.Detail("version", version)
	r.Detail("state", state)
	switch {
	case field(config, "recovery_mode") == "true" || field(config, "safe_mode") == "true":
		return sdk.Degraded(who + " " + version + " runs in recovery or safe mode; repair its configuration and restart it")
	case state != "" && state != "RUNNING":
		return sdk.Degraded(who + " " + version + " is not running yet: its state is " + state)
	default:
		return sdk.Healthy(who + " " + version + " is running")
	}
}
