package plugins

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/binary"
)

// snapshot is an instance right after its _initialize: what a fresh run starts
// from, in place of the millisecond that the Go runtime takes to begin.
type snapshot struct {
	pages   uint32 // of memory
	globals map[string]uint64
}

// startTime bounds _initialize when a snapshot is taken.
const startTime = 10 * time.Second

// isGo reports whether the module says that Go made it. Only such modules are
// started from a snapshot: their runtime takes long to begin and writes no
// table, the one state that a snapshot would miss. A module that lies harms
// only itself.
func isGo(wasm []byte) bool {
	found := false
	err := binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		if id == binary.Custom && body.Name() == "producers" && bytes.Contains(body.Rest(), []byte("cmd/compile")) {
			found = true
			return io.EOF
		}
		return nil
	})
	return found && errors.Is(err, io.EOF)
}

// takeSnapshot initialises one instance and keeps its memory and globals. A
// module that asks the host for anything while it starts gets none, since the
// answer may differ from run to run; neither does one that fails to start,
// which every run will report.
func (m *Module) takeSnapshot(ctx context.Context, globals []string) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	g := &guest{sandbox: m.sandbox, in: &Input{}, ctx: ctx, starting: true}
	ctx = context.WithValue(ctx, guestKey{}, g)
	instance, err := m.instantiate(ctx, g)
	if err != nil {
		return
	}
	defer instance.Close(context.WithoutCancel(ctx))
	if _, err := instance.ExportedFunction(initialize).Call(ctx); err != nil || g.asked {
		return
	}
	memory, ok := instance.Memory().Read(0, instance.Memory().Size())
	if !ok {
		return
	}
	s := &snapshot{pages: uint32(len(memory) / pageSize), globals: map[string]uint64{}}
	for _, name := range globals {
		s.globals[name] = instance.ExportedGlobal(name).Get()
	}
	m.start.close()
	m.start, m.snapshot = newImage(slices.Clone(memory)), s
}

// restore brings a fresh instance, whose memory already maps the image, to
// where the snapshot was taken.
func (s *snapshot) restore(instance api.Module) error {
	memory := instance.Memory()
	if have := memory.Size() / pageSize; have < s.pages {
		if _, ok := memory.Grow(s.pages - have); !ok {
			return errMemory
		}
	}
	for name, v := range s.globals {
		instance.ExportedGlobal(name).(api.MutableGlobal).Set(v)
	}
	return nil
}
