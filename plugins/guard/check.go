package guard

import (
	"fmt"

	"vega/plugins/binary"
)

// checker walks the sections of one module.
type checker struct {
	last       int // place of the last section
	types      uint32
	resettable bool
}

// custom sections are dropped by Rewrite; only their name must be one.
func (c *checker) custom(r *binary.Reader) error {
	r.Name()
	return r.Err()
}

func (c *checker) section(id byte, r *binary.Reader) error {
	switch id {
	case 1:
		c.types = binary.NewReader(r.Rest()).U32()
		return each(r, 3, c.functype)
	case binary.Imports:
		return each(r, 4, c.imported)
	case 3:
		if r.Len() > 5*MaxFunctions {
			return fmt.Errorf("it has more than %d functions", MaxFunctions)
		}
		return each(r, 1, func(r *binary.Reader) error { return c.hasType(int64(r.U32()), "has a function") })
	case 4:
		return each(r, 3, c.table)
	case binary.Memories:
		return each(r, 2, func(r *binary.Reader) error { c.limits(r); return nil })
	case binary.Globals:
		return each(r, 4, func(r *binary.Reader) error { r.Take(2); return c.constant(r) })
	case binary.Exports:
		return each(r, 3, c.exported)
	case 8, binary.DataCount:
		r.U32()
		return nil
	case 9:
		return each(r, 2, c.element)
	case 10:
		return each(r, 2, c.function)
	default: // data
		return each(r, 2, c.data)
	}
}

// each reads a vector of items, of at least least bytes each, to the end of
// its section.
func each(r *binary.Reader, least int, item func(*binary.Reader) error) error {
	n, err := count(r, least)
	if err != nil {
		return err
	}
	for range n {
		if err := item(r); err != nil {
			return err
		}
		if err := r.Err(); err != nil {
			return err
		}
	}
	if r.Len() > 0 {
		return fmt.Errorf("it has a section with %d bytes more than its items", r.Len())
	}
	return nil
}

func errorOr(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}

func (c *checker) functype(r *binary.Reader) error {
	r.Byte()
	for range 2 {
		n, err := count(r, 1)
		if err != nil || n > MaxParams {
			return errorOr(err, "it has a function of %d parameters or results; at most %d are allowed", n, MaxParams)
		}
		r.Take(n)
	}
	return nil
}

func (c *checker) imported(r *binary.Reader) error {
	for range 2 {
		if err := name(r); err != nil {
			return err
		}
	}
	if r.Byte() != 0 {
		return fmt.Errorf("it imports something that is no function; a plugin imports functions only")
	}
	return c.hasType(int64(r.U32()), "imports a function")
}

// hasType holds the index of a type to the types that there are: the compiler's
// validator trusts the indices of functions that it comes to later.
func (c *checker) hasType(index int64, what string) error {
	if index >= int64(c.types) {
		return fmt.Errorf("it %s of type %d and has %d types", what, index, c.types)
	}
	return nil
}

func (c *checker) exported(r *binary.Reader) error {
	err := name(r)
	r.Byte()
	r.U32()
	return err
}

func name(r *binary.Reader) error {
	n, err := count(r, 1)
	if err != nil || n > MaxName {
		return errorOr(err, "it has a name of %d bytes; at most %d are allowed", n, MaxName)
	}
	r.Take(n)
	return nil
}

func (c *checker) table(r *binary.Reader) error {
	r.Byte()
	if least, _, _ := c.limits(r); least > MaxTable {
		return fmt.Errorf("it has a table of %d entries; at most %d are allowed", least, MaxTable)
	}
	return nil
}

// limits reads a minimum and, where there is one, a maximum.
func (c *checker) limits(r *binary.Reader) (least, most uint32, bounded bool) {
	flags := r.Byte()
	least = r.U32()
	if flags&1 != 0 {
		return least, r.U32(), true
	}
	return least, 0, false
}

// constant walks the expression that a global, offset or element is set by.
func (c *checker) constant(r *binary.Reader) error {
	for depth := 1; depth > 0; {
		at := r.Len()
		switch i := next(r); {
		case r.Err() != nil:
			return r.Err()
		case i.kind == closes:
			depth--
		case i.kind != plain:
			return errUnknown(at)
		}
	}
	return nil
}

// element reads a segment of a table, in any of its eight forms.
func (c *checker) element(r *binary.Reader) error {
	flags := r.U32()
	if flags > 7 {
		return fmt.Errorf("it has an element segment of an unknown form")
	}
	if flags&1 == 0 { // active
		if flags&2 != 0 {
			r.U32() // of which table
		}
		if err := c.constant(r); err != nil {
			return err
		}
	}
	if flags&3 != 0 {
		r.Byte() // of which kind or type
	}
	n, err := count(r, 1)
	if err != nil {
		return err
	}
	for range n {
		if flags&4 == 0 {
			r.U32()
		} else if err := c.constant(r); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) data(r *binary.Reader) error {
	flags := r.U32()
	if flags == 2 {
		r.U32() // of which memory
	}
	if flags != 1 {
		if err := c.constant(r); err != nil {
			return err
		}
	}
	r.Take(r.U32())
	return nil
}

// function holds one function's code to the limits of size and shape.
func (c *checker) function(r *binary.Reader) error {
	size := r.U32()
	if size > MaxFunction {
		return fmt.Errorf("it has a function of %d bytes; at most %d are allowed", size, MaxFunction)
	}
	body := binary.NewReader(r.Take(size))
	locals, err := countLocals(body)
	if err != nil {
		return err
	}
	blocks := 1
	return walk(body, func(i instruction, depth int) error {
		if i.kind == opens {
			blocks++
		}
		c.resettable = c.resettable && i.kind != sets && i.kind != bulkSets
		switch {
		case depth > MaxDepth:
			return fmt.Errorf("it has blocks nested deeper than %d", MaxDepth)
		case i.targets > MaxBranchTargets:
			return fmt.Errorf("it has a branch table of %d targets; at most %d are allowed", i.targets, MaxBranchTargets)
		case locals*blocks > MaxLocalsBlocks:
			return fmt.Errorf("it has a function of %d locals and %d blocks or more; their product may be at most %d", locals, blocks, MaxLocalsBlocks)
		}
		return c.hasType(i.typ, "has a block or a call")
	})
}

// countLocals reads the declarations of locals.
func countLocals(r *binary.Reader) (int, error) {
	groups, err := count(r, 2)
	if err != nil {
		return 0, err
	}
	locals := uint64(0)
	for range groups {
		locals += uint64(r.U32())
		r.Byte()
		if locals > MaxLocals {
			return 0, fmt.Errorf("it has a function of %d locals or more; at most %d are allowed", locals, MaxLocals)
		}
	}
	return int(locals), r.Err()
}

// walk yields each instruction of a function's code, to its end.
func walk(r *binary.Reader, yield func(i instruction, depth int) error) error {
	for depth := 1; depth > 0; {
		at := r.Len()
		i := next(r)
		switch {
		case r.Err() != nil:
			return r.Err()
		case i.kind == unknown:
			return errUnknown(at)
		case i.kind == opens:
			depth++
		case i.kind == closes:
			depth--
		}
		if err := yield(i, depth); err != nil {
			return err
		}
	}
	if r.Len() > 0 {
		return fmt.Errorf("it has a function with %d bytes after its end", r.Len())
	}
	return nil
}
