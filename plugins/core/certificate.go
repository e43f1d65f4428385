package main

import (
	"strconv"

	"vega/sdk"
)

// validity is how long a peer stays trusted.
type validity struct {
	days  int    // whole days until the first certificate of its chain expires
	first string // the subject of that certificate; "" if it is the peer's own
	peer  string // the origin of the peer, if it is not the one that answered
}

// certificate adds the facts about a connection with TLS and returns how long the
// peer stays trusted.
func certificate(r *sdk.Run, t sdk.TLS) validity {
	v := facts(r, t)
	r.Metric("certificate_days", float64(v.days), "days")
	return v
}

// facts adds the TLS facts to the details.
func facts(r *sdk.Run, t sdk.TLS) validity {
	ends := t.ChainEnds()
	v := validity{days: daysUntil(r, ends), first: t.ChainSubject()}
	r.Detail("tls_version", t.Version())
	r.Detail("tls_cipher", t.Cipher())
	r.Detail("certificate_subject", t.Subject())
	r.Detail("certificate_issuer", t.Issuer())
	r.Detail("certificate_expires", date(t.NotAfter()))
	if v.first != "" {
		r.Detail("chain_expires", date(ends))
		r.Detail("chain_certificate", v.first)
	}
	if names := t.Names(); len(names) > 0 {
		r.Detail("certificate_names", some(names))
	}
	return v
}

// onTheWay adds the TLS facts of a response, and returns how long its server and
// those that redirected to it stay trusted. Without any TLS, secure is false.
func onTheWay(r *sdk.Run, t sdk.TLS) (v validity, secure bool) {
	if secure = t.Version() != ""; secure {
		v = facts(r, t)
	}
	if ends, origin, subject := t.Redirects(); origin != "" {
		r.Detail("redirect_certificate_expires", date(ends))
		if days := daysUntil(r, ends); !secure || days < v.days {
			v, secure = validity{days, subject, origin}, true
		}
	}
	if secure {
		r.Metric("certificate_days", float64(v.days), "days")
	}
	return v, secure
}

// uncertified returns the result of a target that works without TLS, although the
// operator wants to know how long its certificate is valid; or nil.
func uncertified(r *sdk.Run, who, fix string) *sdk.Result {
	if !r.Has("min_cert_days") {
		return nil
	}
	result := sdk.Degraded(who + " works without TLS, so it has no certificate that min_cert_days could judge; " + fix + ", or remove min_cert_days")
	return &result
}

func daysUntil(r *sdk.Run, t sdk.Time) int {
	left := t.Sub(r.Now())
	if left < 0 {
		return -int((-left + 24*sdk.Hour - 1) / (24 * sdk.Hour))
	}
	return int(left / (24 * sdk.Hour))
}

// date returns the day of t in UTC as 2006-01-02. Time.Format would add the
// time zone database to the module.
func date(t sdk.Time) string {
	// Days since 0000-03-01 in eras of 400 years: the calendar repeats, and a
	// leap day comes last in its year.
	days := t.Unix()/86400 + 719468
	era := days / 146097
	dayOfEra := days - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	month := (5*dayOfYear + 2) / 153 // from March
	day := dayOfYear - (153*month+2)/5 + 1
	year := yearOfEra + era*400
	if month = month + 3; month > 12 {
		month, year = month-12, year+1
	}
	return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2)
}

func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// expiring returns a result if a peer is soon no longer trusted, or nil.
func expiring(who string, v validity, minimum int) *sdk.Result {
	if v.days >= minimum {
		return nil
	}
	if v.peer != "" {
		who = v.peer + ", which redirects,"
	}
	what, fix := "the certificate of "+who, "; renew it"
	if v.first != "" {
		what, fix = "the certificate "+v.first+" in the chain of "+who, "; install the authority's current one on the server, or move to another authority"
	}
	result := sdk.Degraded(what + " expires in " + plural(v.days, "day") + ", fewer than " + strconv.Itoa(minimum) + fix)
	return &result
}

// untrusted reports why a peer is not trusted.
func untrusted(who string, err error) sdk.Result { return sdk.Failed(who, err) }

// tlsHint adds to the result of an unexpected answer that the server misses a client
// certificate, or may not trust the one that it got: some servers answer instead of
// ending the connection.
func tlsHint(result sdk.Result, answer *sdk.Response) sdk.Result {
	switch answer.Status {
	case 400, 401, 403, 495, 496: // the last two are nginx's
	default:
		return result
	}
	switch kind, _ := answer.TLS().ClientCertificate(); {
	case kind == "none":
		result.Message += "; it asks for a client certificate: set tls { client_cert, client_key } in the integration"
	case kind != "" && answer.Status != 401 && answer.Status != 403: // those are about a login
		result.Message += "; it asked for a client certificate, and may not trust that of tls { client_cert }"
	}
	return result
}
