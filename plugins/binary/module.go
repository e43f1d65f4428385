package binary

// Module is a decoded module. Its slices of bytes are parts of what was
// decoded: nothing of it is copied, and none of it may be changed.
type Module struct {
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // the type of each
	Tables    []Table
	Memories  []Limits // at most one
	Globals   []Global
	Exports   []Export
	Start     *uint32 // the function that runs when an instance is made
	Elements  []Element
	DataCount *uint32
	Codes     []Code // of Functions, in their order
	Data      []Segment
	Customs   []CustomSection

	frame bool // the bodies of functions were not read, and no cap holds
}

// ValueType is the type of a value, as it is encoded.
type ValueType byte

// The types of values. There are no others.
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

// FuncType is the type of a function: a byte for each value that it takes and
// returns.
type FuncType struct{ Params, Results []byte }

// Import is a function that the module asks of its host.
type Import struct {
	Module, Name []byte
	Type         uint32
}

// Limits bound a memory, in pages, or a table, in entries.
type Limits struct {
	Min, Max uint32
	Bounded  bool // it has a maximum
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

// The kinds of what is exported.
const (
	KindFunction = 0
	KindTable    = 1
	KindMemory   = 2
	KindGlobal   = 3
)

// Export is something that the module offers.
type Export struct {
	Name  []byte
	Kind  byte
	Index uint32
}

// Element is a segment of a table.
type Element struct {
	Form    uint32 // 0 to 7, as the specification numbers them
	Table   uint32
	Offset  Constant // of an active one
	Type    ValueType
	Entries []uint32 // functions, or NoFunction
}

// NoFunction is the null reference among the entries of an element.
const NoFunction = 1<<32 - 1

// Active reports whether an instance is made with the segment in its table.
func (e *Element) Active() bool { return e.Form&1 == 0 }

// Code is what a function does.
type Code struct {
	groups    uint32
	locals    []byte // groups of a count and a type
	NumLocals int    // without the parameters
	Body      []byte // its instructions, with the end
}

// Segment is a segment of memory.
type Segment struct {
	Passive bool
	Offset  Constant // of an active one
	Bytes   []byte
}

// CustomSection is a section that changes nothing of what the module does.
type CustomSection struct{ Name, Bytes []byte }

// NumFunctions returns how many functions there are, with the imported ones,
// which come first.
func (m *Module) NumFunctions() uint32 { return uint32(len(m.Imports) + len(m.Functions)) }

// TypeOf returns the type of a function, imported or not.
func (m *Module) TypeOf(function uint32) FuncType {
	if n := uint32(len(m.Imports)); function >= n {
		return m.Types[m.Functions[function-n]]
	}
	return m.Types[m.Imports[function].Type]
}

// WithLocals returns the code with a group of locals more, and another body.
func (c *Code) WithLocals(n uint32, t ValueType, body []byte) Code {
	locals := append(AppendU32(append([]byte(nil), c.locals...), n), byte(t))
	return Code{groups: c.groups + 1, locals: locals, NumLocals: c.NumLocals + int(n), Body: body}
}

// WithBody returns the code with another body.
func (c *Code) WithBody(body []byte) Code {
	return Code{groups: c.groups, locals: c.locals, NumLocals: c.NumLocals, Body: body}
}

// Groups returns the groups of a function's locals as they are encoded, without
// their number.
func (c *Code) Groups() []byte { return c.locals }
