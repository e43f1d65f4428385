package main

import (
	"errors"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("dns", dnsProbe) }

// dnsProbe makes one query and compares the records with those expected.
func dnsProbe(r *sdk.Run) sdk.Result {
	name, rrtype, server := r.String("name"), r.String("type"), r.String("server")
	began := r.Now()
	answers, err := r.Resolve(rrtype, name, server)
	took := r.Since(began)
	who := "the DNS"
	if server != "" {
		who = "the DNS server " + server
	}
	switch {
	case errors.Is(err, sdk.ErrNotSet), err == nil && len(answers) == 0:
		return sdk.Unhealthy(name + " has no " + rrtype + " record; add it or correct type")
	case errors.Is(err, sdk.ErrDNS):
		return sdk.Unhealthy(name + " does not resolve; add the " + rrtype + " record or repair the zone (" + err.Error() + ")")
	case err != nil:
		return sdk.Failed(who, err)
	}
	r.Millis("response_time", took)
	r.Metric("answers", float64(len(answers)), "")
	r.Detail("answers", strings.Join(answers, ", "))
	if missing := without(r.Strings("expect"), answers); len(missing) > 0 {
		return sdk.Unhealthy(name + " " + rrtype + " lacks " + some(missing) + "; it answers " + some(answers))
	}
	return sdk.Healthy(name + " " + rrtype + " is " + some(answers))
}

// without returns the wanted records that are not among the answers.
func without(wanted, answers []string) (missing []string) {
	have := make(map[string]bool, len(answers))
	for _, a := range answers {
		have[record(a)] = true
	}
	for _, w := range wanted {
		if !have[record(w)] {
			missing = append(missing, w)
		}
	}
	return missing
}

// record normalizes a record: names may end with a dot, and texts may be
// quoted.
func record(s string) string {
	return lower(strings.TrimSuffix(strings.Trim(trim(s), `"`), "."))
}
