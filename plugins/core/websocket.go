package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("websocket", websocketProbe) }

// websocketProbe opens a WebSocket, and optionally sends a message and waits for
// another.
func websocketProbe(r *sdk.Run) sdk.Result {
	url := r.String("url")
	who := origin(url)
	began := r.Now()
	request := r.WebSocket(url).Protocol(r.String("protocol"))
	for _, h := range r.Map("headers") {
		request.Header(h.Key, h.Value)
	}
	socket, answer, err := request.Open()
	if err != nil {
		return sdk.Failed(who, err)
	}
	if socket == nil {
		return notUpgraded(r, who, answer)
	}
	defer socket.Close()
	r.Millis("connect", socket.Timing(sdk.PhaseConnect))
	r.Millis("upgrade", socket.Timing(sdk.PhaseFirstByte))
	switch protocol := socket.Protocol(); {
	case protocol != "":
		r.Detail("protocol", protocol)
	case r.Has("protocol"): // browsers fail such a connection
		return sdk.Unhealthy(who + " opens a WebSocket, but chose none of the offered subprotocols " + quote(r.String("protocol")) + "; allow one on the server, or correct protocol")
	}
	secure := socket.TLS().Version() != ""
	var valid validity
	if secure {
		valid = certificate(r, socket.TLS())
	}
	result := converse(r, who, socket)
	took := r.Since(began)
	r.Millis("response_time", took)
	if result.Status == abi.Healthy {
		if other := mediocre(r, who, took, secure, valid); other != nil {
			return *other
		}
		result.Message += " in " + short(took)
	}
	return result
}

// mediocre returns the result of a WebSocket that works, but not as it should, or nil.
func mediocre(r *sdk.Run, who string, took sdk.Duration, secure bool, valid validity) *sdk.Result {
	if result := slow(r, who, took, 0); result != nil {
		return result
	}
	if !secure {
		return uncertified(r, who, "write wss://")
	}
	if r.Has("min_cert_days") {
		return expiring(who, valid, r.Int("min_cert_days"))
	}
	return nil
}

// notUpgraded reports a server that answers the request as one for a page.
func notUpgraded(r *sdk.Run, who string, answer *sdk.Response) sdk.Result {
	status := strconv.Itoa(answer.Status)
	r.Detail("status", status)
	hint := ""
	switch to := answer.Header("Location"); {
	case answer.Status/100 == 2:
		hint = "; correct the path: what answers there is no WebSocket, or a proxy on the way does not pass on the header Upgrade"
	case answer.Status/100 == 3 && to != "":
		r.Detail("location", to)
		hint = "; a WebSocket follows no redirect: set url to the new address"
	case answer.Status == 400 && strings.HasPrefix(who, "ws://") && speaksHTTPS(answer):
		hint = "; it speaks TLS: write wss:// in url"
	case answer.Status == 400:
		hint = "; it does not accept the upgrade: correct the path, protocol or headers, such as Origin, or let the proxy on the way pass on the header Upgrade"
	case answer.Status == 403:
		hint = "; correct the credentials in auth or headers, or set the header Origin to a page that it serves"
	default:
		hint = statusHint(r, who, answer)
	}
	return tlsHint(sdk.Unhealthy(who+" answered "+status+" instead of opening a WebSocket"+hint), answer)
}

// Limits of what may come before the message that is expected. A server that sends
// without a pause reaches them within a run's processor time, on any machine.
const (
	maxMessages = 100
	maxMiB      = 16 // of all messages
)

// converse sends what is to be sent, and waits for a message that is as expected.
func converse(r *sdk.Run, who string, socket *sdk.WebSocket) sdk.Result {
	if text := r.String("send"); text != "" {
		if err := socket.Send(text); err != nil {
			return ended(who, socket, err, "")
		}
	}
	wanted := some(present(r, "expect", "expect_regex"))
	if wanted == "none" {
		return sdk.Healthy(who + " opened a WebSocket")
	}
	said, count, size := "", 0, 0
	for count < maxMessages && size < maxMiB<<20 {
		message, err := socket.Receive()
		if err != nil {
			return ended(who, socket, err, " without sending "+wanted+"; it sent "+quote(said)+almostText([]byte(said), r.String("expect")))
		}
		said, count, size = message, count+1, size+len(message)
		ok, err := meets(r, message)
		if err != nil {
			return sdk.Unknown("could not match expect_regex: " + err.Error())
		}
		if ok {
			r.Detail("message", quote(message))
			return sdk.Healthy(who + " sent what was expected")
		}
	}
	return sdk.Unhealthy(who + " sent " + plural(count, "message") + ", " + strconv.Itoa(size) + " bytes in all, and none was " + wanted + "; the last was " + quote(said))
}

// present returns the options that are set, with their values.
func present(r *sdk.Run, options ...string) (all []string) {
	for _, name := range options {
		if r.Has(name) {
			all = append(all, name+" = "+quote(r.String(name)))
		}
	}
	return all
}

// meets reports whether a message is as expected.
func meets(r *sdk.Run, message string) (bool, error) {
	if !strings.Contains(message, r.String("expect")) {
		return false, nil
	}
	if !r.Has("expect_regex") {
		return true, nil
	}
	return r.Match(r.String("expect_regex"), message)
}

// ended reports a WebSocket on which a call failed. before says what had not happened.
func ended(who string, socket *sdk.WebSocket, err error, before string) sdk.Result {
	switch code, reason := socket.Closed(); {
	case code != 0:
		return sdk.Unhealthy(who + " closed the WebSocket with code " + strconv.Itoa(code) + ifSet(" and the reason ", reason, "") + before)
	case errors.Is(err, sdk.ErrReset) && before != "":
		return sdk.Unhealthy(who + " closed the connection" + before + "; look into its log")
	case errors.Is(err, sdk.ErrTimeout) && before != "":
		return sdk.Unhealthy(who + " opened a WebSocket, and let the time pass" + before)
	default:
		return sdk.Failed(who, err)
	}
}
