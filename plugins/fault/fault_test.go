package fault_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"vega/plugins/fault"
	"vega/plugins/shortage"
	"vega/policies/check"
	"vega/sdk/abi"
)

// judged is a row of the table: an end of a call, and what it means.
type judged struct {
	err  error
	want fault.End
}

func call(name string, errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError(name, errno)}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]judged{
		"deadline":               {context.DeadlineExceeded, fault.TimedOut},
		"deadline of a socket":   {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, fault.TimedOut},
		"canceled":               {context.Canceled, fault.TimedOut},
		"end of the stream":      {io.EOF, fault.Reset},
		"end within a message":   {io.ErrUnexpectedEOF, fault.Reset},
		"closed by this end":     {net.ErrClosed, fault.Closed},
		"no such name":           {&net.DNSError{IsNotFound: true}, fault.Unresolved},
		"resolver is silent":     {&net.DNSError{IsTimeout: true}, fault.Unavailable},
		"resolver fails":         {&net.DNSError{IsTemporary: true}, fault.Unavailable},
		"resolver is misbehaved": {&net.DNSError{Err: "server misbehaving"}, fault.Unavailable},
		"no descriptor":          {call("socket", syscall.EMFILE), fault.Unavailable},
		"no descriptor anywhere": {call("socket", syscall.ENFILE), fault.Unavailable},
		"no port":                {call("connect", syscall.EADDRNOTAVAIL), fault.Unavailable},
		"a shortage":             {fmt.Errorf("x: %w", shortage.New(syscall.EMFILE, "a", "b")), fault.Unavailable},
		"vega's own":             {fmt.Errorf("x: %w", fault.New(nil, "a", "b")), fault.Unavailable},
		"an end":                 {fmt.Errorf("x: %w", fault.Reset), fault.Reset},
		"local socket missing":   {&net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.ENOENT)}, fault.Refused},
		"file missing":           {&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, fault.Unavailable},
		"anything else":          {errors.New("malformed response"), fault.Target},
	} {
		end, own := fault.Judge(c.err, fault.Target)
		if end != c.want || (own != nil) != (end == fault.Unavailable) {
			t.Errorf("%s: %+v %v, want %+v", name, end, own, c.want)
		}
	}
	if end, own := fault.Judge(errors.New("anything else"), fault.Unavailable); end != fault.Unavailable || own == nil {
		t.Errorf("at a step of vega's own: %+v %v", end, own)
	}
}

func TestJudgeTLS(t *testing.T) {
	for name, err := range map[string]error{
		"verification": &tls.CertificateVerificationError{Err: errors.New("x")},
		"no TLS":       tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
		"authority":    x509.UnknownAuthorityError{},
		"host":         x509.HostnameError{Certificate: new(x509.Certificate)},
		"expired":      x509.CertificateInvalidError{Cert: new(x509.Certificate), Reason: x509.Expired},
		"ECH":          &tls.ECHRejectionError{},
		"critical":     x509.UnhandledCriticalExtension{},
		"constraint":   x509.ConstraintViolationError{},
		"algorithm":    x509.InsecureAlgorithmError(1),
	} {
		if end, own := fault.Judge(err, fault.Target); end != fault.TLS || own != nil {
			t.Errorf("%s: %+v %v", name, end, own)
		}
	}
	if end, own := fault.Judge(x509.SystemRootsError{}, fault.TLS); end != fault.Unavailable || own == nil {
		t.Errorf("no authorities: %+v %v", end, own)
	}
	for code := range 256 { // every alert that there is, or may be
		for _, op := range []string{"remote error", "local error"} {
			end, _ := fault.Judge(&net.OpError{Op: op, Err: tls.AlertError(code)}, fault.Target)
			want := fault.TLS
			if op == "local error" && code == 80 { // internal_error
				want = fault.Unavailable
			}
			if end != want {
				t.Errorf("%s %d: %+v, want %+v", op, code, end, want)
			}
		}
	}
}

func TestCodes(t *testing.T) {
	for code := range 0x20 {
		end := fault.HTTP2(fault.StreamCode(code))
		if end.Cause != check.Target || end != fault.HTTP2(2) && code > 0xd {
			t.Errorf("HTTP/2 code %d: %+v", code, end)
		}
		if of, _ := fault.Judge(fault.StreamError{Code: fault.StreamCode(code)}, fault.Unavailable); of != end {
			t.Errorf("HTTP/2 code %d: %+v", code, of)
		}
	}
	for rcode := range 4096 {
		want := map[int]fault.Reply{0: fault.Answers, 2: fault.Ambiguous, 3: fault.NoName}[rcode]
		if got := fault.Rcode(rcode); got != want {
			t.Errorf("rcode %d: %d, want %d", rcode, got, want)
		}
	}
	for state, want := range map[string]fault.End{
		"08006": fault.Target, "0A000": fault.Target, "22012": fault.Target, "25006": fault.Unsuitable, "28P01": fault.Target, "3D000": fault.Target,
		"40001": fault.Target, "42P01": fault.Target, "42601": fault.Target, "53300": fault.Target, "53200": fault.Target, "54001": fault.TooLarge, "55P03": fault.Target,
		"57014": fault.TimedOut, "57P01": fault.Target, "57P03": fault.Target, "58030": fault.Target, "XX000": fault.Target, "HY000": fault.Target,
		"": fault.Target, "Z": fault.Target, "ZZ999": fault.Target,
	} {
		if got := fault.SQLState(state); got != want {
			t.Errorf("SQLSTATE %s: %+v, want %+v", state, got, want)
		}
	}
	for number, want := range map[uint16]fault.End{
		1040: fault.Target, 1045: fault.Target, 1146: fault.Target, 1205: fault.Target, 1317: fault.TimedOut, 1792: fault.Unsuitable,
		1927: fault.Reset, 1969: fault.TimedOut, 3024: fault.TimedOut, 4031: fault.Reset, 65535: fault.Target,
	} {
		state := map[uint16]string{1040: "08004", 1045: "28000", 1146: "42S02"}[number]
		if got := fault.MySQL(number, state); got != want {
			t.Errorf("MySQL %d: %+v, want %+v", number, got, want)
		}
	}
}

// SQLite runs within vega: only what it says about the file and the query is
// the target's.
func TestSQLite(t *testing.T) {
	target := map[int]bool{1: true, 5: true, 6: true, 11: true, 15: true, 17: true, 19: true, 20: true, 24: true, 26: true}
	extended := map[int]bool{266: true, 1032: true, 522: true, 8202: true, 8458: true, 526: true}
	for code := range 0x3000 {
		got := fault.SQLite(code)
		if want := extended[code] || target[code&0xff]; (got.Cause == check.Target) != want {
			t.Errorf("%d: %+v", code, got)
		}
		if got.Errno == 0 {
			t.Errorf("%d has no end", code)
		}
	}
	if got := fault.SQLite(9); got != fault.TimedOut {
		t.Errorf("interrupted: %+v", got)
	}
}

// Whatever the kernel returns has a defined end, and only the listed errnos are
// the target's doing.
func TestEveryErrno(t *testing.T) {
	for n := 1; n < 12_000; n++ {
		errno := syscall.Errno(n)
		end, own := fault.Judge(call("connect", errno), fault.Target)
		switch {
		case end.Errno == 0 || end.Cause == "":
			t.Errorf("%d (%v) has no end", n, errno)
		case end.Cause == check.Target && !targets[errno]:
			t.Errorf("%d (%v) is blamed on the target", n, errno)
		case end.Cause != check.Target && targets[errno]:
			t.Errorf("%d (%v) is not the target's: %+v", n, errno, end)
		case (own != nil) != (end.Errno == abi.ErrIO):
			t.Errorf("%d (%v): %+v without vega's own trouble, or with it: %v", n, errno, end, own)
		case own != nil && (own.What == "" || own.Fix == ""):
			t.Errorf("%d (%v) does not say what to do: %v", n, errno, own)
		}
	}
}
