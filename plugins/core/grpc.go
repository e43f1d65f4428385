package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("grpc", grpcProbe) }

// healthMethod is the call of gRPC's health protocol.
const healthMethod = "grpc.health.v1.Health/Check"

// grpcStatus names the statuses of gRPC, by number.
var grpcStatus = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// grpcProbe makes one unary call: of the health protocol, or the configured one.
func grpcProbe(r *sdk.Run) sdk.Result {
	url, service, method := r.String("url"), r.String("service"), strings.Trim(r.String("method"), "/")
	who := origin(url)
	message := unhex(r.String("request_hex"))
	if method == "" {
		method = healthMethod
		if service != "" {
			message = string(append(varint([]byte{1<<3 | 2}, len(service)), service...)) // field 1, text
		}
	}
	answer, err := call(r, join(url, "/"+method), message).Send()
	if err != nil {
		result := sdk.Failed(who, err)
		if errors.Is(err, sdk.ErrReset) && strings.HasPrefix(who, "http://") {
			result.Message += ". If it speaks TLS, write https:// in url"
		}
		return result
	}
	defer answer.Close()
	valid, secure := onTheWay(r, answer.TLS())
	if wrong := notGRPC(r, who, answer); wrong != nil {
		return tlsHint(*wrong, answer)
	}
	headers := answer.Timing(sdk.PhaseTotal)
	got, wrong := unary(r, who, answer)
	if wrong != nil {
		return *wrong
	}
	took := answer.Timing(sdk.PhaseTotal)
	r.Millis("response_time", took)
	result := got.judge(r, who, method)
	if result == nil {
		result = slow(r, who, took, headers)
	}
	switch {
	case result != nil:
	case !secure:
		result = uncertified(r, who, "write https://")
	case r.Has("min_cert_days"):
		result = expiring(who, valid, r.Int("min_cert_days"))
	}
	if result != nil {
		return *result
	}
	return sdk.Healthy(who + " " + got.good + " in " + short(took))
}

// call prepares a unary call, with its message in the frame of gRPC.
func call(r *sdk.Run, url, message string) *sdk.Request {
	n := len(message)
	q := r.HTTP("POST", url).HTTP2().NoJSON().MaxBody(endLimit).
		Body(string([]byte{0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})+message).
		Header("TE", "trailers").Header("Grpc-Accept-Encoding", "identity").Header("Accept-Encoding", "identity")
	kind := "application/grpc"
	for _, h := range r.Map("metadata") {
		if lower(h.Key) == "content-type" {
			kind = h.Value
			continue
		}
		q.Header(h.Key, h.Value)
	}
	return q.Header("Content-Type", kind)
}

// notGRPC returns a result if the answer is not one of gRPC, but of a proxy or of
// another server.
func notGRPC(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	kind := trim(answer.Header("Content-Type"))
	switch {
	case answer.Header("Grpc-Status") != "", answer.Status == 200 && strings.HasPrefix(lower(kind), "application/grpc"):
		return nil
	case answer.Status == 200:
		return unhealthy(who + " answered with " + quote(kind) + ", not with gRPC; correct url, or let the proxy there forward gRPC")
	case answer.Status == 404:
		return unhealthy(who + " answered the HTTP status 404, not with gRPC; correct url, or route the call to the gRPC server there")
	case answer.Status == 503:
		return unhealthy(who + " answered the HTTP status 503, not with gRPC; a proxy there has no server to ask: look into both logs")
	case answer.Status == 464: // AWS ALB
		return unhealthy(who + " answered the HTTP status 464, not with gRPC; its load balancer expects another protocol: set the protocol version of its target group to gRPC")
	default:
		return unhealthy(who + " answered the HTTP status " + strconv.Itoa(answer.Status) + ", not with gRPC" + statusHint(r, who, answer))
	}
}

// outcome is the end of a unary call.
type outcome struct {
	code    int
	text    string // that explains it
	message string
	has     bool   // a message came
	good    string // what to say if all is well
}

// unary reads the message and the status of a call.
func unary(r *sdk.Run, who string, answer *sdk.Response) (*outcome, *sdk.Result) {
	const frame = 5 // a flag and the length
	b := &body{answer: answer, limit: frame + bodyLimit, keep: true}
	for b.more() {
		if len(b.text) >= frame && length(b.text) > bodyLimit {
			if b.text[0] > 1 { // such as a web page
				return nil, unhealthy(who + " answered with what is not a message of gRPC; correct the server, or the proxy on the way")
			}
			unknown := sdk.Unknown(who + " announces a message of " + plural(length(b.text), "byte") + ", and this probe reads 1 MiB at most; call a method that answers with less")
			return nil, &unknown
		}
	}
	b.finish(endLimit)
	if b.err != nil {
		return nil, b.failed(who)
	}
	status, text := answer.Trailer("Grpc-Status"), answer.Trailer("Grpc-Message")
	if status == "" {
		status, text = answer.Header("Grpc-Status"), answer.Header("Grpc-Message")
	}
	code, err := strconv.Atoi(trim(status))
	switch {
	case status == "":
		return nil, unhealthy(who + " ended its answer without a gRPC status; if a proxy on the way drops the trailers of HTTP/2, let it forward gRPC, and otherwise look into the server's log")
	case err != nil:
		return nil, unhealthy(who + " ended its answer with " + quote(status) + ", which is not a gRPC status; correct the server")
	}
	o := &outcome{code: code, text: unescape(text)}
	r.Detail("grpc_status", statusName(code))
	if o.text != "" {
		r.Detail("grpc_message", o.text)
	}
	if code != 0 {
		return o, nil
	}
	switch rest := b.size - frame; {
	case b.size == 0:
	case b.size < frame || length(b.text) > rest:
		return nil, unhealthy(who + " ended its message before its end, with the status OK; correct the server, or the proxy on the way")
	case b.text[0] != 0:
		return nil, unhealthy(who + " sent a compressed message, although the call allows none (grpc-accept-encoding: identity); correct the server")
	case length(b.text) < rest:
		return nil, unhealthy(who + " sent more than one message; call a unary method")
	default:
		o.message, o.has = string(b.text[frame:]), true
	}
	return o, nil
}

func length(frame []byte) int {
	return int(frame[1])<<24 | int(frame[2])<<16 | int(frame[3])<<8 | int(frame[4])
}

// judge compares the outcome with what is expected of the call, and returns a result
// unless all is well.
func (o *outcome) judge(r *sdk.Run, who, method string) *sdk.Result {
	wanted := r.String("expect_status")
	if wanted == "" {
		wanted = grpcStatus[0]
	}
	said := " answered " + statusName(o.code)
	if o.text != "" {
		said += " (" + quote(o.text) + ")"
	}
	o.good = said[1:]
	switch text, reject := r.String("expect"), r.String("reject"); {
	case statusName(o.code) != wanted:
		if r.Has("expect_status") {
			said += ", expected " + wanted
		}
		return unhealthy(who + said + o.hint(r, method))
	case method == healthMethod && o.code == 0:
		return o.health(r, who)
	case text != "" && !strings.Contains(o.message, text):
		return unhealthy("the message of " + who + " does not contain " + quote(text) + "; " + beginning([]byte(o.message)) + almostText([]byte(o.message), text))
	case reject != "" && strings.Contains(o.message, reject):
		return unhealthy("the message of " + who + " contains what reject rejects: " + quote(reject))
	}
	return nil
}

// health judges a message of the health protocol: field 1 is the status.
func (o *outcome) health(r *sdk.Run, who string) *sdk.Result {
	status, ok := o.has, o.has
	value := 0
	for rest := o.message; rest != "" && ok; {
		var key, n int
		key, rest, ok = unvarint(rest)
		switch {
		case !ok:
		case key&7 == 0:
			if n, rest, ok = unvarint(rest); key>>3 == 1 {
				value = n
			}
		case key&7 == 2:
			if n, rest, ok = unvarint(rest); ok && n <= len(rest) {
				rest = rest[n:]
			} else {
				ok = false
			}
		default:
			ok = false
		}
	}
	what := "the server"
	if service := r.String("service"); service != "" {
		what = "the service " + quote(service)
	}
	switch {
	case !status:
		return unhealthy(who + " answered OK without a message; correct its health service")
	case !ok || value > 3:
		return unhealthy(who + " answered with what is not a message of the health protocol; check that the server, or the proxy on the way, serves " + healthMethod)
	}
	name := [...]string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}[value]
	r.Detail("health", name)
	o.good = "reports " + name + " for " + what
	switch value {
	case 1:
		return nil
	case 2:
		return unhealthy(who + " reports NOT_SERVING for " + what + "; look into its log, and at what it depends on")
	case 3:
		return unhealthy(who + " does not know " + what + " (SERVICE_UNKNOWN); correct service, or register it with the health service there")
	default:
		return unhealthy(who + " reports UNKNOWN for " + what + ": its health service has not been given a status yet")
	}
}

// hint suggests what to do about a status.
func (o *outcome) hint(r *sdk.Run, method string) string {
	check, service := method == healthMethod, r.String("service")
	switch o.code {
	case 0, 1, 6, 10: // it works, but differently than expected
		return ""
	case 3:
		return "; correct request_hex"
	case 5:
		switch {
		case check && service == "":
			return "; its health service has no status of the whole server: set service, or let it set the status of \"\""
		case check:
			return "; its health service does not know " + quote(service) + ": correct service, or register it there"
		default:
			return "; correct request_hex"
		}
	case 7, 16:
		return "; correct the credentials in auth or metadata"
	case 8:
		return "; it limits this client, or lacks memory: raise the interval or its limits, and look into its log"
	case 12:
		if check {
			return "; it has no health service: register " + healthMethod[:len("grpc.health.v1.Health")] + " there, or set method to a call that it has"
		}
		return "; it has no method " + quote(method) + ": correct method"
	case 14:
		return "; the server, or one behind it, does not answer: look into both logs"
	default:
		return "; look into its log"
	}
}

func statusName(code int) string {
	if code >= 0 && code < len(grpcStatus) {
		return grpcStatus[code]
	}
	return "the status " + strconv.Itoa(code)
}

// varint appends a number as protobuf encodes it.
func varint(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// unvarint returns a number that protobuf encoded, and the rest. It is false if there is
// none, or if it has more than 28 bits.
func unvarint(s string) (n int, rest string, ok bool) {
	for i := 0; i < len(s) && i < 4; i++ {
		n |= int(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return n, s[i+1:], true
		}
	}
	return 0, "", false
}

// unhex returns bytes that are written as hexadecimal digits, with or without spaces.
func unhex(s string) string {
	var b []byte
	half, have := byte(0), false
	for i := 0; i < len(s); i++ {
		d := digit(s[i])
		switch {
		case d > 15:
		case have:
			b, have = append(b, half<<4|d), false
		default:
			half, have = d, true
		}
	}
	return string(b)
}

// digit returns the value of a hexadecimal digit, or more than 15.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	default:
		return 255
	}
}

// unescape decodes percent-encoding, in which gRPC sends the text of a status.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && digit(s[i+1]) < 16 && digit(s[i+2]) < 16 {
			b = append(b, digit(s[i+1])<<4|digit(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}
