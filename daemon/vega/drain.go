package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"vega/daemon/vega/console"
)

// answerTime limits how long requests may take to answer after the runs that
// they waited for were stopped.
const answerTime = time.Second

// maxNamed limits how many interrupted runs or requests the log names.
const maxNamed = 20

// drain stops the service: it answers requests in flight, then closes what they
// use, the listener first and the store last. When limit has passed, or on
// another signal, it stops the runs and then closes the connections.
func (s *service) drain(limit time.Duration, again <-chan os.Signal) error {
	s.logs.Info("shutting down", "drain_timeout", limit.String())
	s.tell(stateStopping, "answers the requests in flight")
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("drain timeout of %v exceeded", limit))
	defer cancel()
	hurry, cancelHurry := context.WithCancelCause(ctx)
	defer cancelHurry(nil)
	go func() {
		select {
		case sig := <-again:
			signal.Reset(syscall.SIGINT, syscall.SIGTERM) // a third one kills the process
			cancelHurry(fmt.Errorf("received a second signal: %v", sig))
		case <-hurry.Done():
		}
	}()
	s.daemon.Drain()
	answered := make(chan error, 1)
	go func() { answered <- s.server.Drain(context.WithoutCancel(hurry)) }()
	var err error
	select {
	case err = <-answered:
	case <-hurry.Done():
		err = s.interrupt(hurry, answered)
	}
	s.scrapes.Drain(hurry)
	return errors.Join(err, s.daemon.Shutdown(hurry))
}

// interrupt stops the runs and closes the connections that are still in flight,
// and logs them. It returns an error if requests stay unanswered.
func (s *service) interrupt(hurry context.Context, answered <-chan error) error {
	why := context.Cause(hurry)
	if ended := s.daemon.EndRuns(); len(ended) > 0 {
		s.logs.Warn("stopped running checks", "why", why.Error(), "count", len(ended), "integrations", ended[:min(maxNamed, len(ended))])
	}
	if errors.Is(hurry.Err(), context.DeadlineExceeded) && s.server.InFlight() > 0 { // requests that wait for a run can answer now
		select {
		case err := <-answered:
			return err
		case <-time.After(answerTime):
		}
	}
	cut := s.server.Cut()
	if len(cut) == 0 {
		return nil
	}
	s.logs.Warn("closed connections with requests in flight", "why", why.Error(), "count", len(cut), "requests", cut[:min(maxNamed, len(cut))])
	return fmt.Errorf("%w; %s not answered: %s", why, console.Count(len(cut), "request"), strings.Join(cut[:min(maxNamed, len(cut))], ", "))
}
