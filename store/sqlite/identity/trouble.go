package identity

// Kind is a kind of trouble with the files of an open database.
type Kind int

// The kinds of trouble.
const (
	// Gone: the path names no file.
	Gone Kind = iota + 1
	// Replaced: the path names another file.
	Replaced
	// LogGone: the write-ahead log or its index no longer has a name, or the name is
	// that of another file. Nothing is lost as long as this process has it open.
	LogGone
	// LogShort: the write-ahead log is shorter than what was committed to it.
	LogShort
	// Overwritten: the file no longer begins as a SQLite database.
	Overwritten
	// Damaged: SQLite found that the file's contents contradict each other.
	Damaged
	// Reshaped: a table or column of vega's is missing, or has another type.
	Reshaped
)

// Trouble reports that the files of an open database are not what they were.
type Trouble struct {
	Kind Kind
	Text string // what happened, without a path
}

// Error returns what happened.
func (t *Trouble) Error() string { return t.Text }

// troubles are the texts of the kinds.
var troubles = map[Kind]string{
	Gone:        "its file was deleted or moved away",
	Replaced:    "its file was replaced by another one",
	LogGone:     "the write-ahead log next to its file was deleted or replaced",
	LogShort:    "the write-ahead log next to its file was shortened by another program",
	Overwritten: "its file was overwritten by another program",
	Damaged:     "its file is damaged",
	Reshaped:    "its tables were changed by another program",
}

// Of returns a trouble of that kind.
func Of(k Kind) *Trouble { return &Trouble{k, troubles[k]} }
