package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// SSH is a connection to an SSH server. The host logs in and runs a command as the
// operator configured it: the probe sees neither user, password, key nor command, and
// chooses none of them.
type SSH struct{ handle int32 }

// SSH connects to host:port. If the operator configured a login and the server's host key
// is a known one, the host logs in. A connection is returned whatever the host key and the
// login: call Verify and Login.
func (r *Run) SSH(address string) (*SSH, error) {
	handle := abi.SSHConnect(address)
	if handle < 0 {
		return nil, failure(handle)
	}
	return &SSH{handle}, nil
}

func (s *SSH) fact(what int32) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.SSHInfo(s.handle, what, buf, size)
	})
}

// Version returns the identification of the server, such as "SSH-2.0-OpenSSH_9.2".
func (s *SSH) Version() string {
	text, _ := s.fact(abi.SSHVersion)
	return text
}

// KeyType returns the type of the host key, such as "ssh-ed25519".
func (s *SSH) KeyType() string {
	text, _ := s.fact(abi.SSHKeyType)
	return text
}

// Fingerprint returns the fingerprint of the host key, such as "SHA256:…".
func (s *SSH) Fingerprint() string {
	text, _ := s.fact(abi.SSHFingerprint)
	return text
}

// Banner returns the text that the server shows before a login.
func (s *SSH) Banner() string {
	text, _ := s.fact(abi.SSHBanner)
	return text
}

// Stderr returns what the command wrote to standard error, up to 4 KiB.
func (s *SSH) Stderr() string {
	text, _ := s.fact(abi.SSHStderr)
	return text
}

// Verify returns nil if the host key is one that the operator wrote, ErrNotSet if the
// operator wrote none, and otherwise ErrTarget with both fingerprints.
func (s *SSH) Verify() error { return s.reason(abi.SSHVerified) }

// Login returns nil if the host has logged in, ErrNotSet if the operator configured no
// login, and otherwise ErrTarget with the reason.
func (s *SSH) Login() error { return s.reason(abi.SSHLogin) }

func (s *SSH) reason(what int32) error {
	why, err := s.fact(what)
	if err != nil {
		return err
	}
	if why != "" {
		return &Error{Code: abi.ErrTarget, Text: why}
	}
	return nil
}

// Run runs the command that the operator configured, and returns its exit status and what
// it printed, up to 64 KiB. It returns ErrNotSet without a command, and ErrInvalid without
// a login.
func (s *SSH) Run() (status int, output string, err error) {
	n := abi.SSHRun(s.handle)
	if n < 0 {
		return 0, "", failure(n)
	}
	output, err = readAll(s.handle, 64<<10)
	return int(n), output, err
}

// Close closes the connection before the run ends.
func (s *SSH) Close() error {
	abi.Close(s.handle)
	return nil
}
