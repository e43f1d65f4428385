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

// Rights are what the user of a configured database may do there beyond reading.
type Rights struct {
	Database string
	May      []string // in a few words each; empty where it may only read
	Fix      string
}

// rightsTime bounds the look at one database.
const rightsTime = 10 * time.Second

// Rights asks each PostgreSQL and MySQL server, in order of name, what vega's user
// may do there. A server that can't be asked is left out: an integration's check
// of it reports why.
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
	if !ok { // a SQLite file, which is opened so that nothing can be written
		return Rights{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, rightsTime)
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
	fixPostgres = "give vega a role that may only read: GRANT CONNECT, USAGE and SELECT, and pg_monitor for what the server counts; vega explain VEGA101 has the statements"
	fixMySQL    = "give vega a user that may only read: GRANT SELECT; vega explain VEGA101 has the statements"
)

// postgresRight is a right, and the condition under which the current role has it.
type postgresRight struct{ may, when string }

// memberOf is true where the role is there, which depends on the server's version,
// and the current one is a member.
func memberOf(role string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM pg_roles WHERE rolname = '%s' AND pg_has_role(current_user, oid, 'member'))", role)
}

var postgresAsked = []postgresRight{
	{"do everything, as a superuser", "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"},
	{"make roles", "(SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)"},
	{"make databases", "(SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user)"},
	{"replicate", "(SELECT rolreplication FROM pg_roles WHERE rolname = current_user)"},
	{"run programs on the server", memberOf("pg_execute_server_program")},
	{"read files of the server", memberOf("pg_read_server_files")},
	{"write files of the server", memberOf("pg_write_server_files")},
	{"end other sessions", memberOf("pg_signal_backend")},
	{"write all data", memberOf("pg_write_all_data")},
	{"create schemas", "has_database_privilege(current_database(), 'CREATE')"},
	{"make tables", "EXISTS (SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE'))"},
	{"write to tables", `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))`},
}

func postgresRights(ctx context.Context, db *sql.DB) ([]string, error) {
	conditions := make([]string, len(postgresAsked))
	has := make([]bool, len(postgresAsked))
	into := make([]any, len(postgresAsked))
	for i, a := range postgresAsked {
		conditions[i], into[i] = "coalesce("+a.when+", false)", &has[i]
	}
	if err := db.QueryRowContext(ctx, "SELECT "+strings.Join(conditions, ", ")).Scan(into...); err != nil {
		return nil, err
	}
	var may []string
	for i, a := range postgresAsked {
		if has[i] {
			may = append(may, a.may)
		}
	}
	if has[0] { // which says it all
		may = may[:1]
	}
	return may, nil
}

// mysqlRights are the privileges of the current user that are for more than
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
