package binary

// Module is a decoded module. Its byte slices point into the input: nothing is
// copied, and nothing may be modified.
type Module struct {
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // type indices
	Tables    []Table
	Memories  []Limits // at most one
	Globals   []Global
	Exports   []Export
	Start     *uint32 // the function that runs on instantiation
	Elements  []Element
	DataCount *uint32
	Codes     []Code // one for each entry of Functions
	Data      []Segment
	Customs   []CustomSection

	frame bool // function bodies were not read, and caps are not enforced
}

// ValueType is an encoded value type.
type ValueType byte

// The value types. There are no others.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

var valueTypes = map[ValueType]string{I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128", FuncRef: "funcref", ExternRef: "externref"}

// String returns the name of the type in the text format.
func (t ValueType) String() string { return valueTypes[t] }

func (t ValueType) known() bool { return t >= V128 && t <= I32 || t.isRef() }

func (t ValueType) isRef() bool { return t == FuncRef || t == ExternRef }

// FuncType is a function type: one byte for each parameter and result.
type FuncType struct{ Params, Results []byte }

// Import is a function that the module imports from its host.
type Import struct {
	Module, Name []byte
	Type         uint32
}

// Limits bound a memory, in pages, or a table, in entries.
type Limits struct {
	Min, Max uint32
	Bounded  bool // whether Max is set
}

// Table is a table of references.
type Table struct {
	Type ValueType
	Limits
}

// Global is a global variable.
type Global struct {
	Type    ValueType
	Mutable bool
	Init    Constant
}

// The kinds of exports.
const (
	KindFunction = 0
	KindTable    = 1
	KindMemory   = 2
	KindGlobal   = 3
)

// Export is an exported item.
type Export struct {
	Name  []byte
	Kind  byte
	Index uint32
}

// Element is an element segment.
type Element struct {
	Form    uint32 // 0 to 7, as numbered in the specification
	Table   uint32
	Offset  Constant // if the segment is active
	Type    ValueType
	Entries []uint32 // function indices, or NoFunction
}

// NoFunction is a null reference in an element segment.
const NoFunction = 1<<32 - 1

// Active reports whether instantiation copies the segment into its table.
func (e *Element) Active() bool { return e.Form&1 == 0 }

// Code is the code of a function.
type Code struct {
	groups    uint32
	locals    []byte // groups of locals: a count and a type each
	NumLocals int    // excluding parameters
	Body      []byte // instructions, including the last end
}

// Segment is a data segment.
type Segment struct {
	Passive bool
	Offset  Constant // if the segment is active
	Bytes   []byte
}

// CustomSection is a section that does not affect execution.
type CustomSection struct{ Name, Bytes []byte }

// NumFunctions returns the number of functions, including imported ones, which
// come first.
func (m *Module) NumFunctions() uint32 { return uint32(len(m.Imports) + len(m.Functions)) }

// TypeOf returns the type of a function, imported or not.
func (m *Module) TypeOf(function uint32) FuncType {
	if n := uint32(len(m.Imports)); function >= n {
		return m.Types[m.Functions[function-n]]
	}
	return m.Types[m.Imports[function].Type]
}

// WithLocals returns the code with another group of locals and a new body.
func (c *Code) WithLocals(n uint32, t ValueType, body []byte) Code {
	locals := append(AppendU32(append([]byte(nil), c.locals...), n), byte(t))
	return Code{groups: c.groups + 1, locals: locals, NumLocals: c.NumLocals + int(n), Body: body}
}

// WithBody returns the code with a new body.
func (c *Code) WithBody(body []byte) Code {
	return Code{groups: c.groups, locals: c.locals, NumLocals: c.NumLocals, Body: body}
}

// Groups returns the encoded groups of a function's locals, without their
// count.
func (c *Code) Groups() []byte { return c.locals }
