package main

import (
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

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
