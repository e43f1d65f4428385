package egress

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/span"
	"vega/plugins/ssh"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

// SSH is a connection to an SSH server.
type SSH struct {
	session *Session
	client  *ssh.Client
	where   string // host:port, as the guest knows it
	config  ssh.Config
	command string
	held    holding
	ran     bool
	output  ssh.Output
}

// ConnectSSH connects to host:port and, if the integration's ssh block has a login and
// the host key is one that the operator wrote, logs in. A host key that is not, and a login
// that the server refuses, are facts that Info returns.
func (s *Session) ConnectSSH(ctx context.Context, address string) (*SSH, error) {
	defer s.begin(span.Dial, "ssh")()
	c, err := connectSSH(ctx, s, address)
	s.call.Fail(s.class(err))
	return c, err
}

func connectSSH(ctx context.Context, s *Session, address string) (*SSH, error) {
	rule, err := judgeSSH(s, address)
	if err != nil {
		return nil, err
	}
	config, err := sshConfig(s, rule)
	if err != nil {
		return nil, err
	}
	c := &SSH{session: s, where: hostPort(rule), config: config, command: s.route().options.SSH.Command.Reveal(), held: holding{of: s.account()}}
	if err := c.held.grow(ssh.Memory); err != nil {
		return nil, err
	}
	if c.client, err = shakeHands(ctx, s, rule, config); err != nil {
		c.held.release()
		return nil, err
	}
	return c, nil
}

// sshConfig returns the login of the integration's ssh block, which is for its own target.
// From then on its secrets are hidden.
func sshConfig(s *Session, rule grant.Rule) (ssh.Config, error) {
	block := s.route().options.SSH
	if !s.grants.Target(rule) {
		return ssh.Config{}, nil
	}
	for _, text := range block.Secrets() {
		s.vault.Also(text)
	}
	key, err := s.network.files.Identity(transport.SSH{PrivateKey: block.PrivateKey, Passphrase: block.Passphrase})
	if err != nil {
		return ssh.Config{}, hostError(s.vault.Hide("the ssh block: "+err.Error()), err)
	}
	return ssh.Config{HostKeys: block.HostKeys, User: block.User.Reveal(), Password: block.Password.Reveal(), Key: key}, nil
}

// shakeHands connects, and does it again for each type of host key that the server has, as
// long as the one that it shows may be another than the one that is expected.
func shakeHands(ctx context.Context, s *Session, rule grant.Rule, config ssh.Config) (*ssh.Client, error) {
	s.account().Leave()
	defer s.account().Return()
	client, _, err := shakeHand(ctx, s, rule, config)
	for err == nil {
		var again bool
		if config, again = config.Again(client); !again {
			break
		}
		next, none, failure := shakeHand(ctx, s, rule, config)
		if none {
			break
		}
		client, err = next, failure
	}
	return client, err
}

// shakeHand also reports whether the server has no algorithm that was asked for.
func shakeHand(ctx context.Context, s *Session, rule grant.Rule, config ssh.Config) (_ *ssh.Client, none bool, _ error) {
	var t timings
	conn, err := s.open(ctx, rule, "tcp", &t)
	if err != nil {
		return nil, false, err
	}
	s.account().Pay(SSHHandshake, 1)
	part := s.call.Begin(span.Handshake, "ssh handshake")
	client, err := ssh.Connect(ctx, conn, config)
	if err != nil {
		_ = conn.Close()
		e, ok := errors.AsType[*ssh.Error](err)
		none, err = ok && e.None, sshFailed(ctx, s, hostPort(rule), err)
	}
	endSpan(part, err)
	return client, none, err
}

// sshFailed returns the error of a stage as a guest may see it.
func sshFailed(ctx context.Context, s *Session, where string, err error) error {
	stage := "in the SSH connection to " + where
	e, ok := errors.AsType[*ssh.Error](err)
	if ok {
		stage, err = e.Stage+" "+where, e.Err
		if e.Said != "" {
			stage += ", which says " + strconv.Quote(s.vault.Hide(e.Said))
		}
	}
	if errors.Is(err, ssh.ErrOutput) {
		return &Error{Errno: abi.ErrTooLarge, Text: stage + ": " + err.Error()}
	}
	err = s.fail(ctx, stage, err, abi.ErrTarget)
	if ok && e.Said != "" && !strings.HasPrefix(e.Said, "SSH-") && Code(err) == abi.ErrReset {
		return &Error{Errno: abi.ErrTarget, Text: "it does not speak SSH: it begins with " + strconv.Quote(s.vault.Hide(e.Said)) + "; correct the port"}
	}
	return err
}

// JudgeSSH returns the error that ConnectSSH would return before it connects, or nil.
func (s Judge) JudgeSSH(address string) error {
	_, err := judgeSSH(s.Session, address)
	return err
}

func judgeSSH(s *Session, address string) (grant.Rule, error) {
	rule, err := s.grants.AllowsSSH(address)
	if err != nil {
		return rule, s.deny(err)
	}
	return rule, nil
}

// Info implements ssh_info. Whole secrets that the server repeats are hidden. Whether the
// host key is verified, and whether the host has logged in, is ErrNotSet if the operator
// configured neither.
func (c *SSH) Info(what int32) (string, error) {
	switch {
	case what == abi.SSHVerified && len(c.config.HostKeys) == 0:
		return "", &Error{Errno: abi.ErrNotSet, Text: "the integration has no host_keys"}
	case what == abi.SSHLogin && !c.config.HasLogin():
		return "", &Error{Errno: abi.ErrNotSet, Text: "the integration has no login"}
	}
	facts := map[int32]string{
		abi.SSHVersion: c.client.Version, abi.SSHKeyType: c.client.KeyType, abi.SSHFingerprint: c.client.Fingerprint,
		abi.SSHVerified: c.client.Unverified, abi.SSHLogin: c.client.NoLogin, abi.SSHBanner: c.client.Banner, abi.SSHStderr: string(c.output.Stderr),
	}
	fact, ok := facts[what]
	if !ok {
		return "", invalid("ssh_info does not know fact %d", what)
	}
	return c.session.vault.Hide(fact), nil
}

// Run runs the command in the ssh block and returns its exit status. Without a command it
// returns ErrNotSet, and without a login ErrInvalid.
func (c *SSH) Run(ctx context.Context) (int, error) {
	s := c.session
	defer s.begin(span.Dial, "ssh command")()
	status, err := c.run(ctx)
	s.call.Fail(s.class(err))
	return status, err
}

func (c *SSH) run(ctx context.Context) (int, error) {
	s := c.session
	switch {
	case c.command == "":
		return 0, &Error{Errno: abi.ErrNotSet, Text: "the ssh block has no command"}
	case !c.config.HasLogin():
		return 0, invalid("a command needs a login, which the ssh block does not have")
	case c.client.NoLogin != "":
		return 0, invalid("a command needs a login: %s", s.vault.Hide(c.client.NoLogin))
	case c.ran:
		return 0, invalid("the command has run already; one connection runs it once")
	}
	c.ran = true
	s.account().Leave()
	defer s.account().Return()
	var err error
	c.output, err = c.client.Run(ctx, c.command)
	s.account().Pay(Moved, len(c.output.Stdout)+len(c.output.Stderr))
	c.output.Stdout = []byte(s.vault.Hide(string(c.output.Stdout)))
	if err != nil {
		return 0, sshFailed(ctx, s, c.where, err)
	}
	return c.output.Status, nil
}

// Read reads what the command printed.
func (c *SSH) Read(p []byte) (int, error) {
	if !c.ran {
		return 0, invalid("there is no output before ssh_run")
	}
	n := copy(p, c.output.Stdout)
	c.output.Stdout = c.output.Stdout[n:]
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close closes the connection.
func (c *SSH) Close() error {
	defer c.held.release()
	return c.client.Close()
}
