// Package advise explains what is wrong with the plan of a SQLite statement,
// which index would solve that, and what the index costs.
//
// Call New with a *sql.DB of the database. Statement then gives advice on one
// statement, and Indexes on the indexes of the whole database. A statement is
// never run, and its values are not needed: it is planned in an empty copy of
// the schema in memory, with the statistics of the live tables, so that the
// planner decides as it does on the live file. Of the live file, the package
// reads the schema, the statistics, and from at most 200 rows per table the
// length of values, how many are distinct and whether they ascend. No value
// leaves the database.
//
// The planner itself shows which columns an index could support. The statement
// is planned once more with a virtual table in place of every table. The
// planner offers these each constraint and order that an index could take,
// after it has resolved names, flattened views and subqueries, and followed
// equalities from table to table. What it does not offer to virtual tables
// (expressions, collations, constants) is read from the tokens of the
// statement. Every candidate index is then created in the copy, and the
// statement is planned again. That takes 40 µs, so trying is better than
// guessing, and there is only advice if the plan gets better. Of the indexes
// that help, the smallest is chosen, because every insert pays for it.
//
// To read the package, follow one answer: advisor.go (the sequence), live.go
// (what is read of the database), clone.go and probe.go (the two copies),
// statement.go and lex.go (the text), plan.go (the problems), pattern.go and
// keyset.go (problems that an index cannot solve), candidate.go and choose.go
// (the index), cost.go (its cost), findings.go (all indexes).
//
// Statements that cannot be planned outside their database get a reason instead
// of advice: several statements in one string, attached databases, functions,
// collations and modules that this process does not have, and statements that
// take too long. Statements inside triggers, the actions of foreign keys, and
// histograms (sqlite_stat4) are ignored. The package imports only the SQLite
// driver.
package advise
