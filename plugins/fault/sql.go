package fault

// states lists the SQLSTATEs with a meaning of their own, classes those of
// their first two characters. A state without a row is the server's word about
// itself or the query, and so the target's.
var (
	states = map[string]End{
		"25006": Unsuitable, // the query would write; vega's transaction is read-only
		"57014": TimedOut,   // canceled, by a deadline of vega's or the server's
		"HY001": Target,     // the server's memory
	}
	classes = map[string]End{
		"08": Target,   // connection: the server, or a pooler in front of it, says why
		"0A": Target,   // not supported
		"22": Target,   // data
		"23": Target,   // constraint
		"25": Target,   // transaction state
		"28": Target,   // authorization
		"2D": Target,   // transaction termination
		"34": Target,   // cursor
		"3D": Target,   // no such database
		"3F": Target,   // no such schema
		"40": Target,   // rollback, deadlock
		"42": Target,   // syntax, missing table, privileges
		"53": Target,   // the server's resources
		"54": TooLarge, // a limit of the server on the query
		"55": Target,   // not in the required state, locked
		"57": Target,   // shutdown
		"58": Target,   // the server's system
		"F0": Target,   // the server's configuration file
		"HV": Target,   // foreign data
		"P0": Target,   // PL/pgSQL
		"XX": Target,   // internal error
		"HY": Target,   // general, MySQL
	}
	// mysqlCodes lists the codes of MySQL and MariaDB whose SQLSTATE says less.
	mysqlCodes = map[uint16]End{
		1205: Target,     // a lock was not granted in time
		1317: TimedOut,   // the query was interrupted
		1792: Unsuitable, // it would write in a read-only transaction
		1927: Reset,      // the connection was killed
		1969: TimedOut,   // max_statement_time, MariaDB
		3024: TimedOut,   // max_execution_time
		4031: Reset,      // idle for too long
	}
)

// SQLState returns the end that a server's SQLSTATE means.
func SQLState(state string) End {
	if e, ok := states[state]; ok {
		return e
	}
	if len(state) >= 2 {
		if e, ok := classes[state[:2]]; ok {
			return e
		}
	}
	return Target
}

// MySQL returns the end that an error of MySQL or MariaDB means.
func MySQL(number uint16, state string) End {
	if e, ok := mysqlCodes[number]; ok {
		return e
	}
	return SQLState(state)
}

// sqlite lists SQLite's result codes. The library runs within vega: what it
// reports about the file is the target's, what it reports about memory, rights
// and disk space of this process is vega's.
var sqlite = map[int]End{
	1:  Target,      // SQLITE_ERROR: the query
	2:  Unavailable, // SQLITE_INTERNAL
	3:  Unavailable, // SQLITE_PERM
	4:  TimedOut,    // SQLITE_ABORT
	5:  Target,      // SQLITE_BUSY: locked by another connection
	6:  Target,      // SQLITE_LOCKED
	7:  Unavailable, // SQLITE_NOMEM
	8:  Unsuitable,  // SQLITE_READONLY
	9:  TimedOut,    // SQLITE_INTERRUPT
	10: Unavailable, // SQLITE_IOERR
	11: Target,      // SQLITE_CORRUPT
	12: Unavailable, // SQLITE_NOTFOUND
	13: Unavailable, // SQLITE_FULL
	14: Unavailable, // SQLITE_CANTOPEN
	15: Target,      // SQLITE_PROTOCOL: locking
	16: Unavailable, // SQLITE_EMPTY
	17: Target,      // SQLITE_SCHEMA
	18: TooLarge,    // SQLITE_TOOBIG
	19: Target,      // SQLITE_CONSTRAINT
	20: Target,      // SQLITE_MISMATCH
	21: Unavailable, // SQLITE_MISUSE
	22: Unavailable, // SQLITE_NOLFS
	23: Unsuitable,  // SQLITE_AUTH
	24: Target,      // SQLITE_FORMAT
	25: Unsuitable,  // SQLITE_RANGE
	26: Target,      // SQLITE_NOTADB

	264:  Unavailable, // SQLITE_READONLY_RECOVERY: the log has to be recovered first
	520:  Unavailable, // SQLITE_READONLY_CANTLOCK: the log's index can't be locked
	776:  Unavailable, // SQLITE_READONLY_ROLLBACK: an interrupted transaction has to be rolled back first
	1032: Target,      // SQLITE_READONLY_DBMOVED
	1288: Unavailable, // SQLITE_READONLY_CANTINIT: the log's index can't be created
	1544: Unavailable, // SQLITE_READONLY_DIRECTORY

	266:  Target, // SQLITE_IOERR_READ
	522:  Target, // SQLITE_IOERR_SHORT_READ
	8202: Target, // SQLITE_IOERR_DATA
	8458: Target, // SQLITE_IOERR_CORRUPTFS
	526:  Target, // SQLITE_CANTOPEN_ISDIR
}

// SQLite returns the end that a result code means, primary or extended.
func SQLite(code int) End {
	for _, c := range []int{code, code & 0xff} {
		if e, ok := sqlite[c]; ok {
			return e
		}
	}
	return Unavailable
}
