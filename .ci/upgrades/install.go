package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// installs replaces the program while the old version runs, and ends half-way, at several
// points: as the documented command does, which copies next to the old program and
// renames, and by a plain overwrite, which no document recommends.
func (w *world) installs(ctx context.Context) error {
	for _, percent := range []int64{0, 1, 50, 99} {
		if err := w.interrupted(ctx, percent); err != nil {
			return fmt.Errorf("install, interrupted at %d %%: %w", percent, err)
		}
	}
	return nil
}

// interrupted copies a part of the new program, and looks whether the old one still runs,
// starts again and, after the whole copy, is replaced.
func (w *world) interrupted(ctx context.Context, percent int64) error {
	s, err := w.base.copy(ctx, filepath.Join(w.dir, "install"))
	if err != nil {
		return err
	}
	defer s.remove()
	defer w.load.use(nil)
	program := filepath.Join(s.dir, "vega")
	if err := copyPart(program, w.old, 100); err != nil {
		return err
	}
	p, err := s.serve(ctx, program)
	if err != nil {
		return err
	}
	w.load.use(s)
	if err := copyPart(program+".new", w.program, percent); err != nil {
		return err
	}
	wait(ctx, 200*time.Millisecond)
	if err := p.stop(); err != nil {
		return err
	}
	if err := w.during(ctx, s, program, 200*time.Millisecond); err != nil {
		return fmt.Errorf("the old program: %w", err)
	}
	if err := copyPart(program+".new", w.program, 100); err != nil {
		return err
	}
	if err := os.Rename(program+".new", program); err != nil {
		return err
	}
	if err := w.during(ctx, s, program, 200*time.Millisecond); err != nil {
		return fmt.Errorf("the new program: %w", err)
	}
	f, err := w.audit(ctx, s.data("vega.db"), s.ledger.now(), true)
	if err == nil && len(f.wrong) > 0 {
		w.fails("install, interrupted at %d %%: %v", percent, f.wrong)
	}
	fmt.Printf("| install | interrupted at %d %% of the new program | the old program runs, and starts again | installed again: upgraded, nothing lost |\n", percent)
	return err
}

// copyPart copies a part of a program.
func copyPart(to, from string, percent int64) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(out, in, info.Size()*percent/100); err != nil {
		_ = out.Close() // the error of the copy is returned
		return err
	}
	return out.Close()
}
