package egress

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/fault"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/sdk/abi"
)

// TestOwnRoutesAreVegasTrouble has routes of this machine that lead nowhere. The kernel has
// the errors for them that it has for a target that can't be reached, and for a broadcast.
func TestOwnRoutesAreVegasTrouble(t *testing.T) {
	if !realtest.ApartAs(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, nil) {
		return
	}
	for _, command := range []string{
		"link set lo up", "route add unreachable 10.97.1.0/24", "route add prohibit 10.97.2.0/24", "route add blackhole 10.97.3.0/24",
		"-6 route add unreachable fd97:1::/64", "-6 route add prohibit fd97:2::/64",
	} {
		if out, err := exec.CommandContext(t.Context(), realtest.Program(t, "ip", "iproute2"), strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %s", command, out)
		}
	}
	for _, host := range []string{"10.97.1.1", "10.97.2.1", "10.97.3.1", "10.97.4.1", "fd97:1::1", "fd97:2::1", "fd97:4::1"} {
		s := New("").Session(echoGrants(t, host), &secret.Vault{}, nil)
		_, err := s.Echo(within(t, realtest.Patience), EchoRequest{Host: host, Count: 1, Wait: time.Millisecond})
		if own := fault.Of(err); Code(err) != abi.ErrIO || own == nil || !strings.Contains(err.Error(), "route") {
			t.Errorf("echo request to %s: %v", host, err)
		}
		addr := host + ":9"
		if strings.Contains(host, ":") {
			addr = "[" + host + "]:9"
		}
		for protocol, kind := range map[string]int32{"udp": abi.NetUDP, "tcp": abi.NetTCP} {
			r := start(t, setup{rules: rules(t, manifest.Net, protocol+"://"+addr)})
			_, err := r.Dial(within(t, realtest.Patience), kind, addr)
			if own := fault.Of(err); Code(err) != abi.ErrIO || own == nil || !strings.Contains(err.Error(), "route") {
				t.Errorf("%s to %s: %v", protocol, host, err)
			}
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	s := New("").Session(echoGrants(t, "::1"), &secret.Vault{}, nil)
	_, err := s.Echo(within(t, realtest.Patience), EchoRequest{Host: "::1", Count: 1, Wait: time.Millisecond})
	if Code(err) != abi.ErrIO || fault.Of(err) == nil || !strings.Contains(err.Error(), "route") { // an echo request takes no port
		t.Errorf("echo request without IPv6: %v", err)
	}
}
