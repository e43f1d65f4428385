package main

import (
	"errors"
	"strings"

	"vega/plugins/core/records"
	"vega/sdk"
)

func init() { sdk.Probe("dns", dnsProbe) }

// dnsProbe makes one query and compares the records with those expected.
func dnsProbe(r *sdk.Run) sdk.Result {
	name, rrtype, server := r.String("name"), r.String("type"), r.String("server")
	expect := r.Strings("expect")
	if _, ok := records.ParseAddress(name); ok && rrtype != "PTR" {
		return sdk.Unknown("name is the address " + name + ", which only has a PTR record; set type = \"PTR\", or query a name")
	}
	if bad := records.Malformed(rrtype, expect); bad != "" {
		return sdk.Unknown("expect has " + quote(bad) + ", which is not " + records.Shapes[rrtype] + " of a record of type " + rrtype + "; correct expect or type")
	}
	began := r.Now()
	answers, err := r.Resolve(rrtype, name, server)
	took := r.Since(began)
	who := "the DNS"
	if server != "" {
		who = "the DNS server " + server
	}
	switch {
	case errors.Is(err, sdk.ErrNotSet):
		return lacking(name, rrtype, err)
	case errors.Is(err, sdk.ErrDNS):
		return sdk.Unhealthy(name + " does not resolve, so it has no " + rrtype + " record: " + strings.TrimPrefix(err.Error(), "resolving "+name+": "))
	case err != nil:
		return sdk.Failed(who, err)
	}
	r.Millis("response_time", took)
	r.Metric("answers", float64(len(answers)), "")
	r.Detail("answers", strings.Join(answers, ", "))
	if missing := records.Missing(rrtype, expect, answers); len(missing) > 0 {
		return sdk.Unhealthy(name + " " + rrtype + " lacks " + some(missing) + "; it answers " + shown(answers) + unlike(missing, answers))
	}
	return sdk.Healthy(name + " " + rrtype + " is " + shown(answers))
}

// shown lists records like some, and says so if the only one is empty, as a TXT
// record may be.
func shown(answers []string) string {
	if text := some(answers); text != "" {
		return text
	}
	return "the empty text"
}

// lacking reports a name without the record. The host's text may name an alias.
func lacking(name, rrtype string, err error) sdk.Result {
	none := name + " has no " + rrtype + " record"
	why := ""
	if err != nil && err.Error() != none {
		why = " (" + err.Error() + ")"
	}
	return sdk.Unhealthy(none + "; add it or correct type" + why)
}

// unlike says how a record differs from a wanted one where that can't be seen in
// a message, or returns "".
func unlike(missing, answers []string) string {
	for _, w := range missing {
		if joined, ok := records.Unquoted(trim(w)); ok {
			w = joined
		}
		for _, a := range answers {
			if text := difference(trim(a), trim(w)); text != "" {
				return text
			}
		}
	}
	return ""
}
