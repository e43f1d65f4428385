package plugintest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/sdk/abi"
)

// Shell is a connection to an SSH server.
type Shell struct {
	Address string            `json:"address"`
	Facts   map[string]string `json:"facts,omitempty"` // by name; one that is missing is not set
	Ran     *Ran              `json:"ran,omitempty"`   // nil: there is no command
	Failed  *Failure          `json:"failed,omitempty"`
}

// Ran is what a command did.
type Ran struct {
	Status int      `json:"status"`
	Stdout Bytes    `json:"stdout,omitempty"`
	Failed *Failure `json:"failed,omitempty"`
}

var shellFacts = map[string]int32{
	"version": abi.SSHVersion, "key_type": abi.SSHKeyType, "fingerprint": abi.SSHFingerprint, "unverified": abi.SSHVerified,
	"login": abi.SSHLogin, "banner": abi.SSHBanner, "stderr": abi.SSHStderr,
}

func (s Shell) check() error {
	for name := range s.Facts {
		if _, ok := shellFacts[name]; !ok {
			return fmt.Errorf("%q is not an SSH fact; use one of %s", name, strings.Join(slices.Sorted(maps.Keys(shellFacts)), ", "))
		}
	}
	if err := s.Failed.check(); err != nil || s.Ran == nil {
		return err
	}
	return s.Ran.Failed.check()
}

// recordedShell is a connection in use.
type recordedShell struct {
	Shell
	plugins.SSH
	redacted func(string) string
}

func (r *recorder) ConnectSSH(ctx context.Context, address string) (plugins.SSH, error) {
	s := &recordedShell{Shell: Shell{Address: r.net.Redact(address)}, redacted: r.net.Redact}
	conn, err := r.net.ConnectSSH(ctx, address)
	if err != nil {
		if s.Failed = failureOf(err, r.net.Redact); s.Failed != nil {
			r.ssh = append(r.ssh, s)
		}
		return nil, err
	}
	s.SSH = conn
	s.note()
	r.ssh = append(r.ssh, s)
	return s, nil
}

// note keeps the facts.
func (s *recordedShell) note() {
	s.Facts = map[string]string{}
	for name, what := range shellFacts {
		if fact, err := s.SSH.Info(what); err == nil {
			s.Facts[name] = s.redacted(fact)
		}
	}
}

// Run runs the command and records what it did.
func (s *recordedShell) Run(ctx context.Context) (int, error) {
	status, err := s.SSH.Run(ctx)
	if code := egress.Code(err); code == abi.ErrNotSet || code == abi.ErrInvalid {
		return status, err
	}
	s.Ran = &Ran{Status: status, Failed: failureOf(err, s.redacted)}
	s.note()
	return status, err
}

func (s *recordedShell) Read(b []byte) (int, error) {
	n, err := s.SSH.Read(b)
	if s.Ran != nil {
		s.Ran.Stdout = append(s.Ran.Stdout, b[:n]...)
	}
	return n, err
}

func (s *recordedShell) finish(redact func([]byte) Bytes) Shell {
	out := s.Shell
	if out.Ran != nil {
		out.Ran.Stdout = redact(out.Ran.Stdout)
	}
	return out
}

func (p *player) ConnectSSH(ctx context.Context, address string) (plugins.SSH, error) {
	if err := p.net.JudgeSSH(address); err != nil {
		return nil, err
	}
	if err := p.meets(ctx, kindSSH); err != nil {
		return nil, err
	}
	address = p.net.Redact(address)
	n := p.pick("an SSH connection to "+address, len(p.w.SSH), func(i int) bool { return p.w.SSH[i].Address == address })
	if n < 0 {
		return nil, p.unanswered()
	}
	s := p.w.SSH[n]
	if p.fault != nil && p.fault.shell != nil {
		if s.Facts = maps.Clone(s.Facts); s.Facts == nil {
			s.Facts = map[string]string{}
		}
		s = p.fault.shell(s)
		p.touched = p.touched || p.fault.Name != commandFault || s.Ran != nil
	}
	if s.Failed != nil {
		return nil, s.Failed.after(ctx)
	}
	return &playedShell{Shell: s}, nil
}

// playedShell replays a connection.
type playedShell struct {
	Shell
	ran  bool
	rest []byte
}

// Info implements ssh_info.
func (s *playedShell) Info(what int32) (string, error) {
	for name, n := range shellFacts {
		if fact, ok := s.Facts[name]; n == what && ok {
			return fact, nil
		}
	}
	return "", &egress.Error{Errno: abi.ErrNotSet, Text: "the case does not have this fact"}
}

// Run implements ssh_run.
func (s *playedShell) Run(ctx context.Context) (int, error) {
	if s.Ran == nil || s.ran {
		return 0, &egress.Error{Errno: abi.ErrNotSet, Text: "the case has no command"}
	}
	s.ran, s.rest = true, s.Ran.Stdout
	if s.Ran.Failed != nil {
		return 0, s.Ran.Failed.after(ctx)
	}
	return s.Ran.Status, nil
}

func (s *playedShell) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close does nothing.
func (s *playedShell) Close() error { return nil }

const commandFault = "ssh: the command does not exist"

// sshFaults lists the faults of SSH servers.
var sshFaults = []Fault{
	{Name: "ssh: no answer until the deadline", Kind: kindSSH, call: fails("timeout", "timed out in the SSH key exchange")},
	{Name: "ssh: connection refused", Kind: kindSSH, call: fails("refused", "connecting: connection refused")},
	{Name: "ssh: the server closes at once", Kind: kindSSH, call: fails("reset", "waiting for the SSH identification: the connection was closed early")},
	{Name: "ssh: the host key has changed", Kind: kindSSH, shell: func(s Shell) Shell {
		s.Facts["unverified"] = "its ssh-ed25519 host key has the fingerprint SHA256:A, but host_keys has SHA256:B"
		s.Facts["login"], s.Ran = "the host key is not trusted", nil
		return s
	}},
	{Name: "ssh: the login is refused", Kind: kindSSH, shell: func(s Shell) Shell {
		s.Facts["unverified"], s.Facts["login"], s.Ran = "", "the server refuses the key", nil
		return s
	}},
	{Name: commandFault, Kind: kindSSH, soft: true, shell: func(s Shell) Shell {
		if s.Ran != nil {
			s.Ran = &Ran{Status: 127}
		}
		return s
	}},
}
