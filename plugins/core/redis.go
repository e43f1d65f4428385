package main

import (
	"strconv"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("redis", redisProbe) }

// redisProbe authenticates if there is a password, then pings.
func redisProbe(r *sdk.Run) sdk.Result {
	address, network := r.String("address"), "tcp"
	if r.Bool("tls") {
		network = "tls"
	}
	conn, err := r.Dial(network, address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	if network == "tls" {
		days := certificate(r, conn.TLS())
		if err := conn.TLS().Verify(); err != nil {
			return untrusted(address, days, err)
		}
	}
	if password := r.String("password"); password != "" {
		words := []string{"AUTH", password}
		if user := r.String("username"); user != "" {
			words = []string{"AUTH", user, password}
		}
		answer, err := redisCommand(conn, words...)
		if err != nil {
			return sdk.Failed(address, err)
		}
		if answer != "+OK" {
			return redisComplaint(address, answer)
		}
	}
	began := r.Now()
	answer, err := redisCommand(conn, "PING")
	if err != nil {
		return sdk.Failed(address, err)
	}
	took := r.Since(began)
	r.Millis("ping", took)
	r.Detail("answer", answer)
	if answer != "+PONG" {
		return redisComplaint(address, answer)
	}
	return sdk.Healthy(address + " answered PING in " + short(took))
}

// redisCommand sends a command as an array of length-prefixed strings in one
// write, so that a password may be a secret.
func redisCommand(conn *sdk.Conn, words ...string) (string, error) {
	var b strings.Builder
	b.WriteString("*" + strconv.Itoa(len(words)) + "\r\n")
	for _, w := range words {
		b.WriteString("$" + strconv.Itoa(len(w)) + "\r\n" + w + "\r\n")
	}
	if err := conn.WriteString(b.String()); err != nil {
		return "", err
	}
	return conn.ReadLine(lineLimit)
}

// redisComplaint translates an error reply for the operator.
func redisComplaint(address, answer string) sdk.Result {
	code, _, _ := strings.Cut(strings.TrimPrefix(answer, "-"), " ")
	switch {
	case !strings.HasPrefix(answer, "-"):
		return sdk.Unhealthy(address + " does not speak Redis: it answered " + quote(answer) + "; correct the address")
	case code == "NOAUTH":
		return sdk.Unhealthy(address + " asks for a password; set password")
	case code == "WRONGPASS":
		return sdk.Unhealthy(address + " rejects the username or password; correct them")
	case code == "LOADING":
		return sdk.Degraded(address + " is still loading its data into memory; wait, or look into its log if that lasts")
	case code == "MASTERDOWN":
		return sdk.Degraded(address + " is a replica that has lost its master; repair the replication")
	case strings.Contains(answer, "without any password"):
		return sdk.Degraded(address + " has no password configured, but one is given; set one on the server, or remove password")
	default:
		return sdk.Unhealthy(address + " answered " + quote(answer))
	}
}
