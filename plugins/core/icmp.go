package main

import (
	"strconv"

	"vega/sdk"
)

func init() { sdk.Probe("icmp", icmpProbe) }

// icmpProbe sends echo requests.
func icmpProbe(r *sdk.Run) sdk.Result {
	host := r.String("host")
	e := sdk.Echo{
		Count: r.Int("count"), Size: r.Int("size"), TTL: r.Int("ttl"), Family: r.Int("family"),
		Interval: r.Duration("interval"), Wait: r.Duration("wait"),
	}
	if e.Size == 0 {
		e.Size = sdk.NoPayload
	}
	found, err := r.Ping(host, e)
	if err != nil {
		return sdk.Failed(host, err)
	}
	who := host
	if found.Address != host {
		who += " (" + found.Address + ")"
		r.Detail("address", found.Address)
	}
	sent, arrived, loss := len(found.Replies), found.Arrived(), found.Loss()
	r.Metric("loss", loss, "percent")
	r.Metric("duplicates", float64(found.Duplicates()), "")
	why := icmpError(r, found)
	if arrived == 0 {
		if why == "" { // otherwise, it need not have waited
			why = " within " + e.Wait.String() + "; it is down, or a firewall drops echo requests or their replies"
		}
		return sdk.Unhealthy(who + " answered none of " + plural(sent, "echo request") + why)
	}
	least, average, most, jitter := measured(r, found)
	text := who + " answered " + strconv.Itoa(arrived) + " of " + strconv.Itoa(sent) + " in " + ms(average)
	if arrived > 1 {
		text += " (min " + ms(least) + ", max " + ms(most) + ")"
	}
	over := func(limit string) string { return ", more than " + limit + " allows" }
	switch lost := "; " + strconv.Itoa(int(loss+0.5)) + " % are lost"; {
	case loss > r.Float("max_loss"):
		return sdk.Unhealthy(text + lost + over("max_loss") + why)
	case loss > r.Float("degraded_loss"):
		return sdk.Degraded(text + lost + over("degraded_loss") + why)
	case r.Has("max_rtt") && average > r.Duration("max_rtt"):
		return sdk.Degraded(text + over("max_rtt"))
	case r.Has("max_jitter") && jitter > r.Duration("max_jitter"):
		return sdk.Degraded(text + "; the jitter is " + ms(jitter) + over("max_jitter"))
	}
	return sdk.Healthy(text)
}

// measured adds the metrics of the replies that arrived.
func measured(r *sdk.Run, found *sdk.Echoes) (least, average, most, jitter sdk.Duration) {
	least, average, most = found.RTT()
	r.Millis("rtt_min", least)
	r.Millis("rtt_avg", average)
	r.Millis("rtt_max", most)
	jitter, known := found.Jitter()
	if known {
		r.Millis("jitter", jitter)
	}
	for i := range found.Replies {
		if ttl := found.Replies[i].TTL; ttl > 0 {
			r.Metric("ttl", float64(ttl), "")
			break
		}
	}
	return least, average, most, jitter
}

// ms formats a round trip time.
func ms(d sdk.Duration) string {
	return strconv.FormatFloat(float64(d.Round(sdk.Microsecond))/float64(sdk.Millisecond), 'f', 3-min(digits(d), 3), 64) + " ms"
}

// digits returns how many digits the whole milliseconds of a duration have.
func digits(d sdk.Duration) (n int) {
	for d >= sdk.Millisecond {
		d /= 10
		n++
	}
	return n
}

// icmpError describes the first ICMP error that came in place of a reply, with what
// to do about it.
func icmpError(r *sdk.Run, found *sdk.Echoes) string {
	for i := range found.Replies {
		p := &found.Replies[i]
		if !p.Failed {
			continue
		}
		r.Detail("icmp_error", strconv.Itoa(p.Type)+"/"+strconv.Itoa(p.Code)+" from "+p.From)
		for i := 0; i < len(found.Address); i++ {
			if found.Address[i] == ':' {
				return "; " + p.From + " reports: " + ofICMPv6(p.Type, p.Code)
			}
		}
		return "; " + p.From + " reports: " + ofICMP(p.Type, p.Code)
	}
	return ""
}

const (
	hostGone   = "host unreachable; it is down, or its address is not in use"
	netGone    = "network unreachable; check its routes"
	prohibited = "prohibited by a firewall; allow echo requests there"
	expired    = "time to live exceeded; raise ttl, or look for a loop in the routes"
	tooBig     = "the request is too large for the path; lower size"
)

func ofICMP(kind, code int) string {
	switch {
	case kind == 3 && (code == 0 || code == 6 || code == 11):
		return netGone
	case kind == 3 && (code == 1 || code == 7 || code == 12):
		return hostGone
	case kind == 3 && code == 4:
		return tooBig
	case kind == 3 && (code == 9 || code == 10 || code == 13):
		return prohibited
	case kind == 11:
		return expired
	}
	return "ICMP error " + strconv.Itoa(kind) + "/" + strconv.Itoa(code)
}

func ofICMPv6(kind, code int) string {
	switch {
	case kind == 1 && (code == 0 || code == 6):
		return netGone
	case kind == 1 && (code == 1 || code == 5):
		return prohibited
	case kind == 1 && (code == 2 || code == 3):
		return hostGone
	case kind == 2:
		return tooBig
	case kind == 3:
		return expired
	}
	return "ICMPv6 error " + strconv.Itoa(kind) + "/" + strconv.Itoa(code)
}
