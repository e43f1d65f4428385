package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("redis", redisProbe) }

// redisProbe authenticates if there is a password, then sends PING, or ECHO to
// a server that does not know PING.
func redisProbe(r *sdk.Run) sdk.Result {
	address, secured := r.String("address"), r.Bool("tls")
	conn, wrong := dial(r, address, secured, redisPlain)
	if wrong != nil {
		return *wrong
	}
	defer conn.Close()
	var soon *sdk.Result
	if secured {
		if wrong, soon = verified(r, conn, address); wrong != nil {
			return *wrong
		}
	}
	if wrong := redisLogin(r, conn, address, secured); wrong != nil {
		return *wrong
	}
	result := redisPing(r, conn, address, secured)
	if result.Status == abi.Healthy && r.Bool("cluster") {
		if wrong := redisCluster(r, conn, address, secured); wrong != nil {
			return *wrong
		}
	}
	if result.Status != abi.Healthy || soon == nil {
		return result
	}
	return *soon
}

// redisCluster asks for the state of the cluster. A server of one that is down answers
// PING anyway, and nothing else.
func redisCluster(r *sdk.Run, conn *sdk.Conn, address string, secured bool) *sdk.Result {
	answer, err := redisCommand(conn, "CLUSTER", "INFO") // the state is its first line
	var result sdk.Result
	switch {
	case err != nil:
		result = redisFailed(r, address, secured, err)
	case answer == "+cluster_state:ok":
		return nil
	case strings.HasPrefix(answer, "+cluster_state:"):
		result = sdk.Unhealthy(address + " answers PING, but its cluster is down: too few masters or slots are served; see CLUSTER INFO there")
	case strings.HasPrefix(answer, "-NOPERM"):
		result = sdk.Degraded(address + " answers PING, but this user may not ask for the state of the cluster; allow it with +cluster|info, or remove cluster")
	default:
		r.Detail("answer", answer)
		result = sdk.Unhealthy(address + " is no member of a Redis cluster; correct the address, or remove cluster")
	}
	return &result
}

// redisPing sends PING. An administrator may have renamed it; then ECHO takes
// its place.
func redisPing(r *sdk.Run, conn *sdk.Conn, address string, secured bool) sdk.Result {
	var answer string
	for _, words := range [][]string{{"PING"}, {"ECHO", "PONG"}} {
		began := r.Now()
		var err error
		if answer, err = redisCommand(conn, words...); err != nil {
			return redisFailed(r, address, secured, err)
		}
		if answer == "+PONG" {
			took := r.Since(began)
			r.Millis("ping", took)
			r.Detail("answer", answer)
			return sdk.Healthy(address + " answered " + words[0] + " in " + short(took))
		}
		if !redisLacks(answer) {
			break
		}
	}
	r.Detail("answer", answer)
	return redisComplaint(r, address, answer)
}

// redisLogin authenticates if there is a password.
func redisLogin(r *sdk.Run, conn *sdk.Conn, address string, secured bool) *sdk.Result {
	password := r.String("password")
	if password == "" {
		return nil
	}
	words := []string{"AUTH", password}
	if user := r.String("username"); user != "" {
		words = []string{"AUTH", user, password}
	}
	answer, err := redisCommand(conn, words...)
	var result sdk.Result
	switch {
	case err != nil:
		result = redisFailed(r, address, secured, err)
	case answer != "+OK":
		result = redisLoginRefused(r, address, answer)
	default:
		return nil
	}
	return &result
}

// redisCommand sends a command as an array of length-prefixed strings in one
// write, so that a password may be a secret. It returns a simple reply with its
// first character, and a bulk string as a simple one.
func redisCommand(conn *sdk.Conn, words ...string) (string, error) {
	var b strings.Builder
	b.WriteString("*" + strconv.Itoa(len(words)) + "\r\n")
	for _, w := range words {
		b.WriteString("$" + strconv.Itoa(len(w)) + "\r\n" + w + "\r\n")
	}
	unsent := conn.WriteString(b.String())
	if unsent != nil && !errors.Is(unsent, sdk.ErrReset) {
		return "", unsent
	}
	// A server that refuses a client says why and closes the connection, maybe
	// before the command arrives.
	answer, err := conn.ReadLine(lineLimit)
	if strings.HasPrefix(answer, "$") {
		answer, err = conn.ReadLine(lineLimit)
		answer = "+" + answer
	}
	if err != nil && unsent != nil {
		err = unsent
	}
	return answer, err
}

// redisPlain reports whether a server answers PING, with whatever result.
func redisPlain(conn *sdk.Conn) bool {
	answer, err := redisCommand(conn, "PING")
	return err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-"))
}

// redisFailed reports a command without a reply. A server that expects TLS
// hangs up.
func redisFailed(r *sdk.Run, address string, secured bool, err error) sdk.Result {
	if !secured && errors.Is(err, sdk.ErrReset) && speaksTLS(r, address) {
		return sdk.Unhealthy(address + " speaks TLS; set tls = true")
	}
	if errors.Is(err, sdk.ErrTimeout) {
		return sdk.Unhealthy(address + " accepts the connection but does not answer in time; it is overloaded or hung, or it does not speak Redis")
	}
	return sdk.Failed(address, err)
}
