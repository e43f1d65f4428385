package main

import (
	"strconv"
	"time"

	"vega/sdk"
)

// certificate adds the TLS facts to the details and returns the number of whole
// days until the certificate expires.
func certificate(r *sdk.Run, t sdk.TLS) (days int) {
	expires := t.NotAfter()
	days = daysUntil(r, expires)
	r.Detail("tls_version", t.Version())
	r.Detail("tls_cipher", t.Cipher())
	r.Detail("certificate_subject", t.Subject())
	r.Detail("certificate_issuer", t.Issuer())
	r.Detail("certificate_expires", date(expires))
	if names := t.Names(); len(names) > 0 {
		r.Detail("certificate_names", some(names))
	}
	r.Metric("certificate_days", float64(days), "days")
	return days
}

func daysUntil(r *sdk.Run, t time.Time) int {
	left := t.Sub(r.Now())
	if left < 0 {
		return -int((-left + 24*time.Hour - 1) / (24 * time.Hour))
	}
	return int(left / (24 * time.Hour))
}

// date returns the day of t in UTC as 2006-01-02. Time.Format would add the
// time zone database to the module.
func date(t time.Time) string {
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

// expiring returns a result if a certificate expires soon, or nil.
func expiring(who string, days, minimum int) *sdk.Result {
	if days >= minimum {
		return nil
	}
	result := sdk.Degraded("the certificate of " + who + " expires in " + plural(days, "day") +
		", fewer than " + strconv.Itoa(minimum) + "; renew it")
	return &result
}

// untrusted reports why a certificate is not trusted: expiry first, because its
// remedy differs.
func untrusted(who string, days int, err error) sdk.Result {
	if days < 0 {
		return sdk.Unhealthy("the certificate of " + who + " expired " + plural(-days, "day") + " ago; renew it")
	}
	return sdk.Unhealthy("the certificate of " + who + " can't be trusted; repair its chain or its name (" + err.Error() + ")")
}
