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
)

// patience is how much longer than runs the requests have that wait for them.
const patience = time.Second

// mostNamed is how many of what was cut are named.
const mostNamed = 20

// drain answers what was asked, and then closes what that needs: the door first,
// the store last. At the end of the limit, or at another signal, runs are ended
// and then requests cut.
func (s *service) drain(limit time.Duration, again <-chan os.Signal) error {
	s.logs.Info("shutting down", "drain_timeout", limit.String())
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("the drain timeout of %v is over", limit))
	defer cancel()
	hurry, cancelHurry := context.WithCancelCause(ctx)
	defer cancelHurry(nil)
	go func() {
		select {
		case sig := <-again:
			signal.Reset(syscall.SIGINT, syscall.SIGTERM) // a third one ends the process itself
			cancelHurry(fmt.Errorf("another signal came: %v", sig))
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
		err = s.cut(hurry, answered)
	}
	return errors.Join(err, s.daemon.Shutdown(hurry))
}

// cut ends what is still in flight, and says what that was: the error is of
// requests that were not answered.
func (s *service) cut(hurry context.Context, answered <-chan error) error {
	why := context.Cause(hurry)
	if ended := s.daemon.EndRuns(); len(ended) > 0 {
		s.logs.Warn("runs were ended", "why", why.Error(), "count", len(ended), "integrations", ended[:min(mostNamed, len(ended))])
	}
	if errors.Is(hurry.Err(), context.DeadlineExceeded) && s.server.InFlight() > 0 { // who waits for a run gets an answer now
		select {
		case err := <-answered:
			return err
		case <-time.After(patience):
		}
	}
	cut := s.server.Cut()
	if len(cut) == 0 {
		return nil
	}
	s.logs.Warn("requests were cut", "why", why.Error(), "count", len(cut), "requests", cut[:min(mostNamed, len(cut))])
	return fmt.Errorf("%w; %s cut: %s", why, several(len(cut), "request"), strings.Join(cut[:min(mostNamed, len(cut))], ", "))
}
