//go:build !wasip1

package main

import (
	"context"
	"strings"
	"testing"

	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

func TestSSH(t *testing.T) {
	facts := func(login, unverified string) map[int32]string {
		return map[int32]string{abi.SSHVersion: "SSH-2.0-OpenSSH_9.2", abi.SSHKeyType: "ssh-ed25519", abi.SSHFingerprint: "SHA256:abc", abi.SSHLogin: login, abi.SSHVerified: unverified, abi.SSHStderr: ""}
	}
	bare := map[int32]string{abi.SSHVersion: "SSH-2.0-OpenSSH_9.2", abi.SSHKeyType: "ssh-ed25519", abi.SSHFingerprint: "SHA256:abc"}
	ran := func(status int, output string) sdktest.SSH {
		return sdktest.SSH{Facts: facts("", ""), Command: true, Status: status, Output: output}
	}
	for name, c := range map[string]struct {
		options map[string]any
		server  sdktest.SSH
		status  abi.Status
		says    string
	}{
		"banner only":           {server: sdktest.SSH{Facts: bare}, says: "answers the SSH handshake"},
		"version":               {options: map[string]any{"expect_version": "OpenSSH_9"}, server: sdktest.SSH{Facts: bare}, says: "OpenSSH_9.2"},
		"another version":       {options: map[string]any{"expect_version": "dropbear"}, server: sdktest.SSH{Facts: bare}, status: abi.Unhealthy, says: "does not contain"},
		"expect without login":  {options: map[string]any{"expect": "up"}, server: sdktest.SSH{Facts: bare}, status: abi.Unknown, says: "ssh block"},
		"login":                 {server: sdktest.SSH{Facts: facts("", "")}, says: "accepts the login"},
		"another host key":      {server: sdktest.SSH{Facts: facts("the host key is not trusted", "it has SHA256:b")}, status: abi.Unhealthy, says: "another host key: it has SHA256:b"},
		"login refused":         {server: sdktest.SSH{Facts: facts("the server refuses the key", "")}, status: abi.Unhealthy, says: "refuses the key; correct"},
		"command hangs":         {server: sdktest.SSH{Facts: facts("", ""), Command: true, Err: context.DeadlineExceeded}, status: abi.Unhealthy, says: "did not end in time; look there what it waits for"},
		"command":               {options: map[string]any{"expect": "up"}, server: ran(0, "up 3 days\n"), says: `it printed "up 3 days"`},
		"command fails":         {server: ran(3, "no\n"), status: abi.Unhealthy, says: `exited with 3, expected 0; it printed "no"`},
		"accepted status":       {options: map[string]any{"exit_status": []any{0, 3}}, server: ran(3, ""), says: "exited with 3"},
		"expected text missing": {options: map[string]any{"expect": "up"}, server: ran(0, "down"), status: abi.Unhealthy, says: `did not print "up"`},
		"rejected text":         {options: map[string]any{"reject": "down"}, server: ran(0, "down"), status: abi.Unhealthy, says: `printed "down"`},
		"pattern":               {options: map[string]any{"expect_regex": "^up"}, server: ran(0, "down"), status: abi.Unhealthy, says: "does not match"},
		"nagios, warning":       {options: map[string]any{"nagios": true}, server: ran(1, "DISK WARNING - 80% | /=80%\nmore"), status: abi.Degraded, says: "DISK WARNING - 80%"},
		"nagios, unknown":       {options: map[string]any{"nagios": true}, server: ran(3, "no such disk"), status: abi.Unknown, says: "no such disk"},
		"nagios, not found":     {options: map[string]any{"nagios": true}, server: ran(127, ""), status: abi.Unknown, says: "exited with 127"},
	} {
		options := map[string]any{"address": "web.example.com:22"}
		for k, v := range c.options {
			options[k] = v
		}
		got := sdktest.Run(t, sshProbe, sdktest.Config{Options: options, SSH: func(string) (sdktest.SSH, error) { return c.server, nil }})
		if got.Status != c.status || !strings.Contains(got.Message, c.says) || strings.Contains(got.Message, "|") {
			t.Errorf("%s: %v %s", name, got.Status, got.Message)
		}
	}
}
