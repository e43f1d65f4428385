package egress

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/sdk/abi"
)

// shortTargets starts servers for a process that has no descriptors to serve
// with.
func shortTargets(t *testing.T) []string {
	t.Helper()
	a := newAuthority(t)
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	echo := listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
	return []string{
		"SHORT_HTTP=" + server(t, hello).URL, "SHORT_HTTPS=" + a.server(t, false, hello).URL, "SHORT_HTTP2=" + a.server(t, true, hello).URL,
		"SHORT_ECHO=" + echo, "SHORT_DNS=" + serveDNS(t, "a.test. 60 IN A 192.0.2.1").addr,
		"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + t.TempDir(),
	}
}

// shortCalls returns calls of each kind that succeed if there are descriptors.
func shortCalls(t *testing.T, n *Network, held *sockets.Allowance) map[string]func(context.Context) error {
	t.Helper()
	all := rules(t, manifest.Net, "tcp://"+os.Getenv("SHORT_ECHO"), "tls://"+hostOf(t, os.Getenv("SHORT_HTTPS")))
	all = append(all, rules(t, manifest.DNS, "a.test", "@"+os.Getenv("SHORT_DNS"))...)
	for _, name := range []string{"SHORT_HTTP", "SHORT_HTTPS", "SHORT_HTTP2"} {
		all = append(all, rules(t, manifest.HTTP, "GET "+os.Getenv(name))...)
	}
	r := start(t, setup{rules: all, noSecret: true, network: n})
	r.Sockets = held
	get := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			a, err := r.HTTP(ctx, &Request{Method: "GET", URL: os.Getenv(name)})
			if err != nil {
				return err
			}
			_, err = io.ReadAll(a.Body)
			return errors.Join(err, a.Body.Close())
		}
	}
	dial := func(network int32, addr string) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := r.Dial(ctx, network, addr)
			if err != nil {
				return err
			}
			if fact, err := c.TLSInfo(abi.TLSVerified); network == abi.NetTLS && (fact != "" || err != nil) {
				return errors.Join(fmt.Errorf("not verified: %s %w", fact, err), c.Close())
			}
			return c.Close()
		}
	}
	resolve := func(server string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := r.Resolve(ctx, "A", "a.test", server)
			return err
		}
	}
	return map[string]func(context.Context) error{
		"http": get("SHORT_HTTP"), "https": get("SHORT_HTTPS"), "http2": get("SHORT_HTTP2"),
		"tcp": dial(abi.NetTCP, os.Getenv("SHORT_ECHO")), "tls": dial(abi.NetTLS, hostOf(t, os.Getenv("SHORT_HTTPS"))),
		"dns": resolve(os.Getenv("SHORT_DNS")), "own dns": resolve(""),
	}
}

func hostOf(t *testing.T, url string) string {
	t.Helper()
	_, port, err := grant.Address(url[len("https://"):])
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// However few descriptors there are, a call succeeds or reports that vega is
// short of them, and nothing else. Each call runs first with none at all, in a
// process that has read no file yet.
func TestEveryCallUnderShortage(t *testing.T) {
	if !realtest.Apart(t, func() []string { return shortTargets(t) }) {
		return
	}
	n := New(os.Getenv("SHORT_DNS"))
	calls := shortCalls(t, n, nil)
	for _, left := range []int{0, 1, 2, 3, 4, 8} {
		feed := realtest.Starve(t, left)
		for name, call := range calls {
			err := call(within(t, 20*time.Second))
			var own *Error
			switch {
			case err == nil && left == 0:
				t.Errorf("%s succeeded without a descriptor", name)
			case err == nil:
			case left == 8:
				t.Errorf("%s with 8 descriptors: %v", name, err)
			case shortage.Of(err) == nil || !errors.As(err, &own) || own.Errno != abi.ErrIO || Code(err) != abi.ErrIO:
				t.Errorf("%s with %d descriptors left: errno %d, %v", name, left, Code(err), err)
			}
		}
		feed()
	}
}

// A shortage that prevents opening /etc/resolv.conf is not taken for a system
// without that file.
func TestSystemServersUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	realtest.Starve(t, 0)
	n := New("")
	if got, err := n.servers(); shortage.Of(err) == nil {
		t.Errorf("%v %v", got, err)
	}
}

// Exceeding a run's allowance is a shortage of vega's, and a run may open a
// socket again after closing one.
func TestRunStaysWithinSocketLimit(t *testing.T) {
	addr := listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
	pool := sockets.NewPool(2)
	held, err := pool.Allow(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+addr), noSecret: true})
	r.Sockets = held
	dial := func() (*Conn, error) { return r.Dial(within(t, 10*time.Second), abi.NetTCP, addr) }
	first, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	second, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(); !errors.Is(err, syscall.EMFILE) || Code(err) != abi.ErrIO {
		t.Errorf("a third: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := dial()
	if err != nil {
		t.Errorf("after one was closed: %v", err)
	}
	if err := errors.Join(second.Close(), third.Close()); err != nil {
		t.Error(err)
	}
}
