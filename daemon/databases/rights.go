package databases

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rights lists what vega's user may do on a database beyond reading.
type Rights struct {
	Database string
	May      []string // short descriptions; empty if the user can only read
	Fix      string
}

// rightsTimeout limits the queries on one database.
const rightsTimeout = 10 * time.Second

// Rights returns the rights of vega's user on each PostgreSQL and MySQL server,
// sorted by name. It omits a server that can't be queried, because the integration's
// own check reports why.
func (d *Set) Rights(ctx context.Context) []Rights {
	var all []Rights
	for _, name := range slices.Sorted(maps.Keys(d.sources)) {
		if r, ok := d.sources[name].rights(ctx); ok {
			all = append(all, r)
		}
	}
	return all
}

func (s *source) rights(ctx context.Context) (Rights, bool) {
	open, err := s.ready()
	if err != nil {
		return Rights{}, false
	}
	server, ok := open.(server)
	if !ok { // vega opens a SQLite file read-only
		return Rights{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, rightsTimeout)
	defer cancel()
	r := Rights{Database: s.config.Name, Fix: fixMySQL}
	ask := mysqlRights
	if s.config.Driver == "postgres" {
		r.Fix, ask = fixPostgres, postgresRights
	}
	r.May, err = ask(ctx, server.DB)
	return r, err == nil
}

const (
	fixPostgres = "give vega a read-only role with CONNECT, USAGE and SELECT, and pg_monitor for the server's statistics; vega explain VEGA101 shows the statements"
	fixMySQL    = "give vega a read-only user with only SELECT; vega explain VEGA101 shows the statements"
)

// postgresRight is a right and an SQL condition that is true if the current role has
// that right.
type postgresRight struct{ may, when string }

// memberOf returns an SQL condition that is true if the role exists, which depends
// on the server's version, and the current role is a member of it.
func memberOf(role string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM pg_roles WHERE rolname = '%s' AND pg_has_role(current_user, oid, 'member'))", role)
}

var postgresRightsList = []postgresRight{
	{"do anything (superuser)", "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"},
	{"create roles", "(SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)"},
	{"create databases", "(SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user)"},
	{"replicate", "(SELECT rolreplication FROM pg_roles WHERE rolname = current_user)"},
	{"run programs on the server", memberOf("pg_execute_server_program")},
	{"read files on the server", memberOf("pg_read_server_files")},
	{"write files on the server", memberOf("pg_write_server_files")},
	{"terminate other sessions", memberOf("pg_signal_backend")},
	{"write all data", memberOf("pg_write_all_data")},
	{"create schemas", "has_database_privilege(current_database(), 'CREATE')"},
	{"create tables", "EXISTS (SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE'))"},
	{"write to tables", `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))`},
}

func postgresRights(ctx context.Context, db *sql.DB) ([]string, error) {
	conditions := make([]string, len(postgresRightsList))
	has := make([]bool, len(postgresRightsList))
	into := make([]any, len(postgresRightsList))
	for i, a := range postgresRightsList {
		conditions[i], into[i] = "coalesce("+a.when+", false)", &has[i]
	}
	if err := db.QueryRowContext(ctx, "SELECT "+strings.Join(conditions, ", ")).Scan(into...); err != nil {
		return nil, err
	}
	var may []string
	for i, a := range postgresRightsList {
		if has[i] {
			may = append(may, a.may)
		}
	}
	if has[0] { // implies all others
		may = may[:1]
	}
	return may, nil
}

// mysqlRights returns the privileges of the current user that allow more than
// reading.
func mysqlRights(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT DISTINCT privilege_type FROM (
			SELECT grantee, privilege_type FROM information_schema.user_privileges
			UNION ALL SELECT grantee, privilege_type FROM information_schema.schema_privileges
			UNION ALL SELECT grantee, privilege_type FROM information_schema.table_privileges) p
		WHERE grantee = concat("'", substring_index(current_user(), '@', 1), "'@'", substring_index(current_user(), '@', -1), "'")
		AND privilege_type NOT IN ('SELECT', 'USAGE', 'SHOW VIEW', 'SHOW DATABASES', 'PROCESS', 'REPLICATION CLIENT', 'BINLOG MONITOR')
		ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var may []string
	for rows.Next() {
		var privilege string
		if err := rows.Scan(&privilege); err != nil {
			return nil, err
		}
		may = append(may, privilege)
	}
	return may, rows.Err()
}
