package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace made by "ip netns"; "" is the one of this program.
type namespace string

// newNamespace makes a namespace with a loopback interface.
func newNamespace(ctx context.Context, name string) (namespace, error) {
	if err := command(ctx, "ip", "netns", "add", name); err != nil {
		return "", err
	}
	n := namespace(name)
	return n, n.ip(ctx, "link", "set", "lo", "up")
}

// do calls f on a thread that is in the namespace. What f opens stays in it.
func (n namespace) do(f func() error) error {
	if n == "" {
		return f()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		done <- n.enter(f)
	}()
	return <-done
}

func (n namespace) enter(f func() error) error {
	file, err := os.Open("/run/netns/" + string(n))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network namespace %s: %w", n, err)
	}
	return f()
}

// dial connects from within the namespace. The address is an IP address with a port.
func (n namespace) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = n.do(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// ip runs the command ip in the namespace.
func (n namespace) ip(ctx context.Context, arguments ...string) error {
	return command(ctx, "ip", append([]string{"-n", string(n)}, arguments...)...)
}

func (n namespace) remove() {
	if n != "" {
		_ = command(context.Background(), "ip", "netns", "del", string(n))
	}
}

// join connects two namespaces, with the addresses 10.231.0.1 and 10.231.0.2.
// and fd31::1 and fd31::2.
func join(ctx context.Context, a, b namespace) error {
	if err := command(ctx, "ip", "link", "add", device, "netns", string(a), "type", "veth", "peer", "name", device, "netns", string(b)); err != nil {
		return err
	}
	for n, address := range map[namespace]string{a: nearAddress, b: farAddress} {
		if err := n.ip(ctx, "address", "add", address+"/30", "dev", device); err != nil {
			return err
		}
		if err := n.ip(ctx, "address", "add", strings.Replace(address, "10.231.0.", "fd31::", 1)+"/64", "dev", device, "nodad"); err != nil {
			return err
		}
		if err := n.ip(ctx, "link", "set", device, "up"); err != nil {
			return err
		}
	}
	return nil
}

// The interface in each namespace, and the addresses of vega's and of the targets'.
const (
	device      = "kit0"
	nearAddress = "10.231.0.1"
	farAddress  = "10.231.0.2"
	farAddress6 = "fd31::2"
)

// command runs a program and returns its output in the error if it fails.
func command(ctx context.Context, name string, arguments ...string) error {
	out, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
