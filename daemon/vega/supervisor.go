package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// supervisor is what started vega and waits for its reports, such as systemd with
// Type=notify. Its zero value receives none.
type supervisor struct{ socket string }

// The states that a supervisor understands, as sd_notify(3) describes them.
const (
	stateReady     = "READY=1"
	stateReloading = "RELOADING=1"
	stateStopping  = "STOPPING=1"
)

// supervisorPatience limits how long a supervisor may take to accept a report.
const supervisorPatience = 5 * time.Second

// findSupervisor returns the supervisor that the environment names. It removes the
// name, so that no other program that vega starts reports in its place.
func findSupervisor() supervisor {
	s := supervisor{socket: os.Getenv("NOTIFY_SOCKET")}
	os.Unsetenv("NOTIFY_SOCKET")
	return s
}

// report sends a state and a line for people.
func (s supervisor) report(state, status string) error {
	if s.socket == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), supervisorPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unixgram", s.socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetWriteDeadline(time.Now().Add(supervisorPatience)); err != nil {
		return err
	}
	_, err = conn.Write([]byte(state + "\nSTATUS=" + status + stamp(state)))
	return err
}

// stamp returns the time of a reload, without which systemd does not end a reload of a unit
// with Type=notify-reload.
func stamp(state string) string {
	if now := monotonic(); state == stateReloading && now > 0 {
		return "\nMONOTONIC_USEC=" + strconv.FormatInt(now.Microseconds(), 10)
	}
	return ""
}

// tell reports a state to the supervisor, and logs it if that fails.
func (s *service) tell(state, status string) {
	if err := s.supervisor.report(state, status); err != nil {
		s.logs.Warn("the supervisor that started vega can't be told its state; it may stop or restart vega", "state", state, "error", err)
	}
}
