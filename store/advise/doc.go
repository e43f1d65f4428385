// Package advise explains what is wrong with the plan of a SQLite statement,
// which index would solve that, and what the index costs.
//
// Call New with a *sql.DB of the database. Statement then gives advice on one
// statement, and Indexes on the indexes of the whole database. A statement never
// runs on the database, and its values are not needed. It is planned in an empty
// copy of the schema in memory, with the statistics of the live tables, so that
// the planner decides as it does on the live file. Of the live file, the package
// reads the schema, the statistics, and rows: from at most 200 per table the
// length of values, how many are distinct and whether they ascend, and up to
// 10,000 per table to try advice on. Values stay in memory until Rest or Close,
// and are in no advice, except those that the statement itself contains in an
// expression to index.
//
// The planner itself shows which columns an index could support. The statement
// is planned once more with a virtual table in place of every table. The
// planner offers these each constraint and order that an index could take,
// after it has resolved names, flattened views and subqueries, and followed
// equalities from table to table. What it does not offer to virtual tables
// (expressions, collations, constants) is read from the tokens of the
// statement. Every candidate index is then created in the empty copy, and the
// statement is planned again. That takes 40 µs, so trying is better than
// guessing.
//
// A plan that looks better can be slower. So the candidates that the planner
// uses are created in a second copy, which has rows of the live tables, and the
// statement runs there, with values of some of these rows for its parameters.
// SQLite counts its steps and its accesses to pages; no clock is involved. There
// is only advice if that costs less, and ANALYZE is recommended if it is enough.
// A transaction undoes what the statement writes. Memory and steps are limited,
// and the advice is the same on a slow machine; only after two minutes there is
// a reason instead.
//
// To read the package, follow one answer: advisor.go (the sequence), live.go
// (what is read of the database), clone.go and probe.go (the two copies),
// statement.go and lex.go (the text), plan.go (the problems), pattern.go and
// keyset.go (problems that an index cannot solve), candidate.go and choose.go
// (the index), improve.go, trial.go, values.go and statistics.go (the trial),
// engine.go (SQLite's counters), budget.go (its limits), cost.go (its cost), findings.go (all indexes).
//
// Statements that cannot be planned outside their database get a reason instead
// of advice: several statements in one string, attached databases, functions,
// collations and modules that this process does not have, and statements that
// take too long. Statements inside triggers, the actions of foreign keys, and
// histograms (sqlite_stat4) are ignored. What cannot be tried, because a table is
// empty or virtual or the statement may take much memory, gets no index. The
// package imports only the SQLite driver and its C library.
package advise
