package plugins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/engine"
	"vega/plugins/scheduler"
)

// guestKey is the context key of the guest that a host call serves.
type guestKey struct{}

// Run runs a probe in a new instance, or in one without any trace of earlier
// runs. It returns within in.Timeout whatever the guest does. If the run is not
// healthy, the Result says whose fault it was.
func (m *Module) Run(ctx context.Context, in Input) Result {
	in.began = time.Now()
	result := m.run(ctx, &in, in.began.Add(in.Timeout))
	result.Took = time.Since(in.began)
	return result
}

func (m *Module) run(parent context.Context, in *Input, deadline time.Time) Result {
	if !m.enter() {
		return hostFault("the plugin was unloaded while this run was starting")
	}
	defer m.leave()
	probe, index := m.Manifest.Probe(in.Probe)
	if index < 0 {
		return probeFault(fmt.Sprintf("the plugin %s has no probe %q", m.Manifest.Name, in.Probe))
	}
	in.Grants.Anywhere = in.Grants.Anywhere || m.Embedded()
	g, err := m.newGuest(in, probe, deadline)
	if err != nil {
		return probeFault(err.Error())
	}
	return m.serve(parent, g, index, deadline)
}

// serve runs a guest until it ends.
func (m *Module) serve(parent context.Context, g *guest, index int, deadline time.Time) Result {
	ctx, cancel := context.WithDeadline(parent, deadline)
	defer cancel()
	g.run = context.WithValue(ctx, guestKey{}, g)
	g.ctx = g.run
	g.lease = m.sandbox.scheduler.Lease(g.run, cancel, m.queue(g.in))
	defer g.end()
	defer g.lease.Give()
	code, err := m.execute(g, index)
	if g.bridge != nil {
		code, err = g.bridge.translate(g, code, err)
	}
	g.output.redact()
	g.lease.Give() // not earlier, because redacting takes CPU time
	m.history.Record(job(g.in), &g.lease)
	r := verdict(parent, g, code, err)
	r.Exchange = g.real.Seen.Exchange()
	return r
}

func job(in *Input) scheduler.Job {
	return scheduler.Job{Probe: in.Probe, Integration: in.Integration}
}

// queue returns the queue that a run has to wait in.
func (m *Module) queue(in *Input) *scheduler.Queue {
	s := m.sandbox.scheduler
	if m.bundled {
		return s.Bundled()
	}
	return m.history.Queue(s, job(in))
}

// execute runs the probe. The caller returns the token that it takes.
func (m *Module) execute(g *guest, index int) (int32, error) {
	ctx := g.run
	if err := late(ctx); err != nil {
		return 0, err
	}
	if !m.admit(g) {
		return 0, late(ctx)
	}
	i, err := m.fresh(ctx, g)
	if err != nil {
		return 0, err
	}
	code, err := g.call(ctx, index)
	if err == nil {
		m.pool.Put(i)
	} else {
		i.Close()
	}
	return code, err
}

// admit waits for a token. If another run of the probe has meanwhile turned out
// to compute for long, this one moves to the slow queue.
func (m *Module) admit(g *guest) bool {
	if !g.lease.Take() {
		return false
	}
	q := m.queue(g.in)
	if q == g.lease.Queue() {
		return true
	}
	g.lease.Give()
	g.lease.Move(q)
	return g.lease.Take()
}

// fresh returns an instance in its initial state.
func (m *Module) fresh(ctx context.Context, g *guest) (*engine.Instance, error) {
	if i := m.pool.Reuse(g, g.memoryLimit()); i != nil {
		g.instance = i
		_ = g.account.Grow(int64(i.MemorySize())) // fits, because no other memory is counted yet
		return i, nil
	}
	i, err := m.pool.New(ctx, g, g.memoryLimit())
	if err != nil {
		return nil, err
	}
	g.instance = i
	if err = late(ctx); err == nil {
		err = i.Initialize(ctx)
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

// errLate reports that the deadline passed before any guest code ran.
var errLate = errors.New("its whole timeout passed before it could start")

// late returns an error if the deadline passed before any guest code ran,
// because vega itself took that time.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errLate
	}
	return ctx.Err()
}

// call calls the probe and returns its status or exit code. A guest that returns
// after its run has ended counts as ended.
func (g *guest) call(ctx context.Context, index int) (code int32, err error) {
	if g.bridge != nil {
		code, err = exitCode(g.instance.CallCommand(ctx))
	} else {
		code, err = g.instance.Call(ctx, index)
	}
	if err == nil {
		err = ended(ctx)
	}
	return code, err
}

// exitCode converts the end of a command by proc_exit to its exit code. A
// command that returns has exit code 0. A run that was stopped has the same
// kind of error; the run's context distinguishes them.
func exitCode(err error) (int32, error) {
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		return int32(exit.ExitCode()), nil
	}
	return 0, err
}
