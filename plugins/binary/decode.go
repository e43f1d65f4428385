package binary

import (
	"fmt"
	"slices"
)

// Decode parses a whole module. The error says what is wrong and where.
func Decode(wasm []byte) (*Module, error) { return decode(wasm, false) }

// Frame parses a module without enforcing the caps and without reading function
// bodies; use Walk to read them.
func Frame(wasm []byte) (*Module, error) { return decode(wasm, true) }

func decode(wasm []byte, frame bool) (*Module, error) {
	d := decoder{m: &Module{frame: frame}}
	if err := Sections(wasm, d.section); err != nil {
		return nil, err
	}
	if err := d.agree(); err != nil {
		return nil, err
	}
	return d.m, nil
}

// decoder reads the sections of one module.
type decoder struct {
	m    *Module
	last int     // position of the last section in the order of sections
	has  numbers // items read so far
	sums sums
	// declared has a bit for each function that an export, a global or an
	// element refers to. Code may refer only to those.
	declared []uint64
	// loose skips index checks, since the section that an index refers to may
	// not have been read.
	loose bool
}

// sums holds totals over the whole module.
type sums struct{ customs, names, values, entries, locals, targets, operands uint64 }

// over reports whether n exceeds a cap.
func (d *decoder) over(n, limit uint64) bool { return n > limit && !d.m.frame }

// add adds n to a total and refuses a total over the cap.
func (d *decoder) add(r *Reader, sum *uint64, n, limit uint64, what string) {
	*sum += n
	if d.over(*sum, limit) {
		r.refuse("it has at least %d %s in total; at most %d are allowed", *sum, what, limit)
	}
}

func (d *decoder) section(id byte, r *Reader) error {
	if err := d.place(id); err != nil {
		return err
	}
	read := map[byte]func(*Reader) (item string){
		Custom: d.custom, Types: d.types, Imports: d.imports, Functions: d.functions, Tables: d.tables, Memories: d.memories,
		Globals: d.globals, Exports: d.exports, Start: d.start, Elements: d.elements, DataCount: d.dataCount, Codes: d.codes, Data: d.data,
	}[id]
	item := read(r)
	if r.Err() == nil && r.Len() > 0 {
		r.refuse("it has a section with %d bytes after its last item", r.Len())
	}
	return located(r, id, item)
}

// declare records that code may refer to a function.
func (d *decoder) declare(f uint32) {
	if n := int(d.has.functions)/64 + 1; len(d.declared) < n && !d.loose {
		d.declared = make([]uint64, n)
	}
	if int(f/64) < len(d.declared) {
		d.declared[f/64] |= 1 << (f % 64)
	}
}

func (d *decoder) isDeclared(f uint32) bool {
	return int(f/64) < len(d.declared) && d.declared[f/64]&(1<<(f%64)) != 0
}

// place refuses unknown, misplaced and duplicate sections.
func (d *decoder) place(id byte) error {
	if id == Custom {
		return nil
	}
	place := slices.Index(order, id) + 1
	if place <= d.last {
		return fmt.Errorf("section %d is unknown, repeated or in the wrong place", id)
	}
	d.last = place
	return nil
}

// located adds the location to a reader's error.
func located(r *Reader, section byte, item string) error {
	switch {
	case r.Err() == nil:
		return nil
	case item == "":
		return fmt.Errorf("%w (%s section, byte %#x)", r.Err(), sectionNames[section], r.At())
	default:
		return fmt.Errorf("%w (%s section, %s, byte %#x)", r.Err(), sectionNames[section], item, r.At())
	}
}

// each reads n items and names the one that failed.
func each(r *Reader, n uint32, what string, item func(i int)) string {
	for i := range int(n) {
		if item(i); r.err != nil {
			return fmt.Sprintf("%s %d", what, i)
		}
	}
	return ""
}

// agree checks the sections against each other.
func (d *decoder) agree() error {
	m := d.m
	if len(m.Functions) != len(m.Codes) {
		return fmt.Errorf("it declares %d functions but has code for %d", len(m.Functions), len(m.Codes))
	}
	if m.DataCount != nil && int(*m.DataCount) != len(m.Data) {
		return fmt.Errorf("it declares %d data segments but has %d", *m.DataCount, len(m.Data))
	}
	exports, functions, declared := len(m.Exports), len(m.Imports)+len(m.Functions), len(m.Types)+len(m.Globals)
	if d.over(uint64(exports)*uint64(functions), MaxExportsFunctions) {
		return fmt.Errorf("it has %d exports and %d functions; their product must be at most %d", exports, functions, MaxExportsFunctions)
	}
	if d.over(uint64(declared)*uint64(functions), MaxFunctionsDeclared) {
		return fmt.Errorf("it has %d types and globals and %d functions; their product must be at most %d", declared, functions, MaxFunctionsDeclared)
	}
	return nil
}
