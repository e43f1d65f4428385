// Package advise says what is wrong with the plan of a SQLite statement, which
// index would end it, and what that index costs.
//
// New takes any *sql.DB of the database; Statement answers for one statement,
// Indexes for the database as a whole. The statement is never run and its
// values are never seen: it is planned in an empty copy of the schema in
// memory, with the live table statistics, so that the planner decides as it
// does on the live file. The live file is only read: its schema, its
// statistics, and of at most 200 rows a table how long they are, how many
// differ and whether they rise. No value leaves it.
//
// The columns an index could serve come from the planner itself. The statement
// is planned once more with every table replaced by a virtual one, which is
// told each constraint and order that an index could take, after names are
// resolved, views and subqueries are flattened and equalities are followed
// from table to table. What virtual tables are not told (expressions,
// collations, constants) is read from the statement's tokens. Every candidate
// made of these is then created in the copy and the statement is planned
// again: 40 µs each, so trying beats guessing, and advice is only given for a
// plan that got better. Of the indexes that help the smallest is chosen, since
// it is paid for by every insert.
//
// It reads in the order of an answer: advisor.go (the order of things),
// live.go (what is read of the database), clone.go and probe.go (the two
// copies), statement.go and lex.go (the text), plan.go (what is wrong),
// pattern.go and keyset.go (what an index cannot mend), candidate.go and
// choose.go (the index), cost.go (its price), findings.go (all indexes).
//
// It refuses, with a reason instead of advice, what it cannot plan apart from
// its database: several statements at once, attached databases, functions,
// collations and modules that this process does not know, and statements that
// take too long. Statements inside triggers, the actions of foreign keys and
// histograms (sqlite_stat4) are not looked at. It imports only the SQLite
// driver.
package advise
