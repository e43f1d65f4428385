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

// redisError is what an error reply means to the operator. text follows the
// address.
type redisError struct {
	mark   string // the code, or a part of the text in lower case
	status abi.Status
	text   string
}

// redisCodes lists the error codes that a server may answer with.
var redisCodes = []redisError{
	{"NOAUTH", abi.Unhealthy, " asks for a password; set password"},
	{"WRONGPASS", abi.Unhealthy, " rejects the username or password; correct them"},
	{"NOPERM", abi.Degraded, " accepts the login, but this user may not run PING; allow it with +ping"},
	{"DENIED", abi.Unhealthy, " is in protected mode and accepts connections from its own machine only; set a password there, or disable protected-mode"},
	{"LOADING", abi.Degraded, " is still loading its data into memory; wait, or look into its log if that lasts"},
	{"MASTERDOWN", abi.Degraded, " is a replica that has lost its master; repair the replication"},
	{"BUSY", abi.Degraded, " is busy with a script or function; end it with SCRIPT KILL or FUNCTION KILL"},
	{"MISCONF", abi.Degraded, " can't save its data and refuses writes; check its disk and its log"},
}

// redisTexts lists errors that have the general code ERR. Clients recognize
// them by their text, too.
var redisTexts = []redisError{
	{"without any password", abi.Degraded, " has no password configured, but one is given; set one on the server, or remove password"},
	// Before Redis 6.
	{"no password is set", abi.Degraded, " has no password configured, but one is given; set one on the server, or remove password"},
	{"invalid password", abi.Unhealthy, " rejects the username or password; correct them"},
	{"wrong number of arguments for 'auth'", abi.Unhealthy, " does not know users, which came with Redis 6; remove username"},
	{"max number of clients", abi.Unhealthy, " has reached its limit of connections; close idle ones, or raise maxclients"},
}

// redisLacks reports whether a server does not know a command.
func redisLacks(answer string) bool {
	return strings.HasPrefix(answer, "-") && strings.Contains(lower(answer), "unknown command")
}

// redisLoginRefused translates the reply to AUTH.
func redisLoginRefused(r *sdk.Run, address, answer string) sdk.Result {
	code, _, _ := strings.Cut(answer, " ")
	switch {
	case redisLacks(answer):
		return sdk.Unknown(address + " does not know the command AUTH, so it is renamed there or has no passwords; restore its name, or remove password")
	case code == "-WRONGPASS" && !r.Has("username"):
		return sdk.Unhealthy(address + " rejects the password for the user default; correct it, or set username")
	}
	return redisComplaint(r, address, answer)
}

// redisComplaint translates an error reply for the operator.
func redisComplaint(r *sdk.Run, address, answer string) sdk.Result {
	if !strings.HasPrefix(answer, "-") {
		return sdk.Unhealthy(address + " does not speak Redis: it answered " + quote(answer) + "; correct the address")
	}
	code, _, _ := strings.Cut(answer[1:], " ")
	switch {
	case redisLacks(answer):
		return sdk.Unknown(address + " speaks Redis but has neither PING nor ECHO, and this probe needs one of them; restore the name of one, or check it with core.tcp")
	case code == "NOAUTH" && r.Has("password"):
		return sdk.Unhealthy(address + " accepts the password and still asks for a login (" + quote(answer) + "); check the users there, or what is between it and vega")
	}
	for _, e := range redisCodes {
		if code == e.mark {
			return sdk.Result{Status: e.status, Message: address + e.text}
		}
	}
	text := lower(answer)
	for _, e := range redisTexts {
		if strings.Contains(text, e.mark) {
			return sdk.Result{Status: e.status, Message: address + e.text}
		}
	}
	return sdk.Unhealthy(address + " answered " + quote(answer))
}
