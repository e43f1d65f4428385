package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("ssh", sshProbe) }

// sshProbe looks at the identification and the host key of a server. The host logs in and
// runs a command if the operator's ssh block says so.
func sshProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	began := r.Now()
	conn, err := r.SSH(address)
	if errors.Is(err, sdk.ErrReset) {
		return sdk.Unhealthy(address + " closed the connection in the SSH handshake; look into its log, and whether it limits or bans who connects (MaxStartups, fail2ban)")
	}
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	took := r.Since(began)
	r.Millis("connect", took)
	for _, d := range [...][2]string{{"version", conn.Version()}, {"key_type", conn.KeyType()}, {"fingerprint", conn.Fingerprint()}, {"banner", conn.Banner()}} {
		if d[1] != "" {
			r.Detail(d[0], d[1])
		}
	}
	if err := conn.Verify(); err != nil && !errors.Is(err, sdk.ErrNotSet) {
		return sdk.Unhealthy(address + " has another host key: " + err.Error() + ". If it was replaced, correct host_keys; otherwise, somebody may be in between")
	}
	if want := r.String("expect_version"); !strings.Contains(conn.Version(), want) {
		return sdk.Unhealthy(address + " identifies itself as " + quote(conn.Version()) + ", which does not contain " + quote(want))
	}
	did := " (" + quote(conn.Version()) + ") answers the SSH handshake in "
	if err := conn.Login(); err == nil {
		did = " (" + quote(conn.Version()) + ") accepts the login in "
	} else if !errors.Is(err, sdk.ErrNotSet) {
		return sdk.Unhealthy(address + " refuses the login: " + err.Error() + "; correct user, password or private_key in the ssh block, or the account there")
	}
	result := sshCommand(r, conn, address, address+did+short(took))
	if late := slow(r, address, r.Since(began), 0); late != nil && result.Status == abi.Healthy {
		return *late
	}
	return result
}

// sshCommand runs the command, if there is one. done is the message without one.
func sshCommand(r *sdk.Run, conn *sdk.SSH, address, done string) sdk.Result {
	began := r.Now()
	status, output, err := conn.Run()
	if text := conn.Stderr(); text != "" {
		r.Detail("stderr", text)
	}
	if errors.Is(err, sdk.ErrNotSet) || errors.Is(err, sdk.ErrInvalid) {
		for _, option := range [...]string{"exit_status", "expect", "expect_regex", "reject"} {
			if r.Has(option) {
				return sdk.Unknown("could not check " + address + ": " + option + " is about the output of a command; add a login and command to the ssh block, or remove " + option)
			}
		}
		if r.Bool("nagios") {
			return sdk.Unknown("could not check " + address + ": nagios is about a command; add a login and command to the ssh block, or remove nagios")
		}
		return sdk.Healthy(done)
	}
	if errors.Is(err, sdk.ErrTimeout) {
		return sdk.Unhealthy("the command at " + address + " did not end in time; look there what it waits for, or raise timeout")
	}
	if err != nil {
		return sdk.Failed(address, err)
	}
	took := r.Since(began)
	r.Millis("command", took)
	r.Detail("output", output)
	r.Detail("exit_status", strconv.Itoa(status))
	if r.Bool("nagios") {
		return sshNagios(address, status, output)
	}
	return sshOutput(r, conn, address, status, output, took)
}

// sshNagios returns the result of a Nagios plugin.
func sshNagios(address string, status int, output string) sdk.Result {
	line, _, _ := strings.Cut(trim(output), "\n")
	line, _, _ = strings.Cut(line, "|") // performance data follows
	if status > int(abi.Unknown) {
		return sdk.Unknown("the command at " + address + " exited with " + strconv.Itoa(status) + ", which no Nagios plugin does; it printed " + quote(output))
	}
	return sdk.Result{Status: abi.Status(status), Message: address + ": " + trim(line)}
}

func sshOutput(r *sdk.Run, conn *sdk.SSH, address string, status int, output string, took sdk.Duration) sdk.Result {
	wanted, got := r.Strings("exit_status"), strconv.Itoa(status)
	if len(wanted) == 0 {
		wanted = []string{"0"}
	}
	printed := "; it printed " + quote(output)
	accepted := false
	for _, w := range wanted {
		accepted = accepted || w == got
	}
	if !accepted {
		if text := trim(conn.Stderr()); text != "" {
			printed = "; it printed " + quote(text) + " to standard error"
		}
		return sdk.Unhealthy("the command at " + address + " exited with " + got + ", expected " + strings.Join(wanted, ", ") + printed)
	}
	if want := r.String("expect"); !strings.Contains(output, want) {
		return sdk.Unhealthy("the command at " + address + " did not print " + quote(want) + printed)
	}
	if bad := r.String("reject"); bad != "" && strings.Contains(output, bad) {
		return sdk.Unhealthy("the command at " + address + " printed " + quote(bad) + printed)
	}
	if pattern := r.String("expect_regex"); pattern != "" {
		ok, err := r.Match(pattern, output)
		if err != nil {
			return sdk.Failed(address, err)
		}
		if !ok {
			return sdk.Unhealthy("what the command at " + address + " printed does not match " + quote(pattern) + printed)
		}
	}
	return sdk.Healthy("the command at " + address + " exited with " + got + " in " + short(took) + printed)
}
