package egress

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/sdk/abi"
)

func echoGrants(t *testing.T, texts ...string) *grant.Set {
	t.Helper()
	s := &grant.Set{}
	for _, text := range texts {
		r, err := grant.Parse(manifest.ICMP, text)
		if err != nil {
			t.Fatal(err)
		}
		r.Origin = grant.FromBlock
		s.Rules = append(s.Rules, r)
	}
	return s
}

func TestEchoRefusesWhatIsNotOneHost(t *testing.T) {
	for target, grants := range map[string][]string{
		"169.254.169.254": {"0.0.0.0/0"}, "127.0.0.1": {"0.0.0.0/0"}, "192.0.2.1": {"0.0.0.0/0"},
		"224.0.0.1": {"0.0.0.0/0", "224.0.0.1"}, "255.255.255.255": {"255.255.255.255"}, "0.0.0.0": {"0.0.0.0"},
		"ff02::1": {"ff02::1"}, "::": {"::/0", "::"}, "10.0.0.1": {"10.1.0.0/16"},
	} {
		s := New("").Session(echoGrants(t, grants...), &secret.Vault{}, nil)
		_, err := s.Echo(t.Context(), EchoRequest{Host: target, Count: 1, Wait: time.Millisecond})
		if Code(err) != abi.ErrDenied {
			t.Errorf("%s with %q: %v", target, grants, err)
		}
	}
}

// A name is resolved once for each call: the address that was judged is the one that is
// asked, and what the name resolves to afterwards is judged again.
func TestEchoAsksTheAddressThatWasJudged(t *testing.T) {
	if !realtest.ApartAs(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, nil) {
		return
	}
	const own = "10.97.9.1"
	for _, command := range []string{"link set lo up", "addr add " + own + "/32 dev lo"} {
		if out, err := exec.CommandContext(t.Context(), realtest.Program(t, "ip", "iproute2"), strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %s", command, out)
		}
	}
	for _, forbidden := range []string{"127.0.0.1", "169.254.169.254"} {
		names := serveDNS(t, "flip.test. 0 IN A "+own+"\nflip.test. 0 IN A "+forbidden+"\n")
		s := New(names.addr).Session(echoGrants(t, "flip.test"), &secret.Vault{}, nil)
		r := EchoRequest{Host: "flip.test", Family: 4, Count: 2, Interval: minEchoInterval, Wait: realtest.Patience}
		found, err := s.Echo(t.Context(), r)
		if err != nil || found.Address != own || found.arrived() != 2 || found.Replies[0].From != own || found.Replies[1].From != own {
			t.Errorf("first %s, then %s: %+v, %v", own, forbidden, found, err)
		}
		// The name server gives the other address for the second question.
		s = New(names.addr).Session(echoGrants(t, "flip.test"), &secret.Vault{}, nil)
		if found, err := s.Echo(t.Context(), r); Code(err) != abi.ErrDenied {
			t.Errorf("%s: %+v, %v", forbidden, found, err)
		}
	}
}

func TestEchoLimits(t *testing.T) {
	ok := EchoRequest{Count: 100, Size: 56, Interval: 10 * time.Millisecond, Wait: time.Second}
	if err := ok.check(t.Context(), echoes{requests: 100}); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*EchoRequest, *echoes){
		"count": func(r *EchoRequest, _ *echoes) { r.Count = 101 }, "none": func(r *EchoRequest, _ *echoes) { r.Count = 0 },
		"interval": func(r *EchoRequest, _ *echoes) { r.Interval-- }, "size": func(r *EchoRequest, _ *echoes) { r.Size = 65501 },
		"ttl": func(r *EchoRequest, _ *echoes) { r.TTL = 256 }, "wait": func(r *EchoRequest, _ *echoes) { r.Wait = 0 },
		"family": func(r *EchoRequest, _ *echoes) { r.Family = 5 }, "bytes": func(r *EchoRequest, _ *echoes) { r.Size = 11000 },
		"run": func(_ *EchoRequest, e *echoes) { e.requests = 101 },
	} {
		r, before := ok, echoes{}
		change(&r, &before)
		if err := r.check(t.Context(), before); Code(err) != abi.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := New("").Session(echoGrants(t, "127.0.0.1"), &secret.Vault{}, nil)
	if _, err := s.Echo(t.Context(), EchoRequest{Host: "127.0.0.1", Family: 6, Count: 1, Wait: time.Millisecond}); Code(err) != abi.ErrInvalid {
		t.Errorf("an IPv4 address over IPv6: %v", err)
	}
	if err := (EchoRequest{Count: 1, Wait: time.Second}).check(t.Context(), echoes{}); err != nil {
		t.Error(err)
	}
}

func TestEchoLimitOfAllRuns(t *testing.T) {
	var l echoLimit
	now := time.Now()
	if wait, ok := l.reserve(echoBurst, now, 0); wait != 0 || !ok {
		t.Errorf("the burst: %v %v", wait, ok)
	}
	if wait, ok := l.reserve(echoRate/10, now, time.Second); wait != 100*time.Millisecond || !ok {
		t.Errorf("after it: %v %v", wait, ok)
	}
	if _, ok := l.reserve(echoRate, now, time.Second); ok {
		t.Error("more than the patience of a run")
	}
	if wait, ok := l.reserve(1, now.Add(time.Second), time.Second); wait != 0 || !ok {
		t.Errorf("a second later: %v %v", wait, ok)
	}
}

func TestEchoPacketsCountFragments(t *testing.T) {
	if n := (EchoRequest{Count: 2, Size: 65500}).packets(); n != 90 {
		t.Errorf("%d", n)
	}
}

// away counts the waits of a run.
type away struct {
	noAccount
	left, returned *int
}

func (a away) Leave()  { *a.left++ }
func (a away) Return() { *a.returned++ }

func TestEchoLetsOthersComputeWhileItWaits(t *testing.T) {
	left, returned := 0, 0
	s := New("").Session(echoGrants(t, "127.0.0.1"), &secret.Vault{}, nil)
	s.Account = away{left: &left, returned: &returned}
	_, _ = s.Echo(t.Context(), EchoRequest{Host: "127.0.0.1", Count: 1, Wait: time.Second}) // this process may have no right to
	if left != 1 || returned != 1 {
		t.Errorf("left %d times, returned %d times", left, returned)
	}
}

// A router without a route says nothing about the target; one that does not find the
// target on its network does.
func TestEchoKnowsARouterWithoutARoute(t *testing.T) {
	for _, c := range []struct {
		address string
		code    int
		own     bool
	}{
		{"10.0.0.1", 3 << 8, true},
		{"10.0.0.1", 3<<8 | 6, true},
		{"10.0.0.1", 3<<8 | 11, true},
		{"fd00::1", 1 << 8, true},
		{"10.0.0.1", 3<<8 | 1, false},
		{"10.0.0.1", 3<<8 | 13, false},
		{"10.0.0.1", 1 << 8, false},
		{"10.0.0.1", 11 << 8, false},
		{"10.0.0.1", -1, false},
		{"fd00::1", 1<<8 | 3, false},
		{"fd00::1", 3 << 8, false},
		{"fd00::1", -1, false},
	} {
		found := &Echoes{Address: c.address, Replies: []EchoReply{{Error: -1}, {Error: c.code, From: "10.9.9.9"}}}
		if own := found.noNetwork(); (own != nil) != c.own || c.own && !strings.Contains(own.Error(), "10.9.9.9") {
			t.Errorf("%s, %d/%d: %v", c.address, c.code>>8, c.code&0xff, own)
		}
	}
}
