package profile_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"modernc.org/sqlite"

	"vega/store/profile"
)

func Example() {
	p := profile.New(profile.Options{
		Dialect:        profile.SQLite,
		Slow:           50 * time.Millisecond,
		StatementCache: 32,
		Explain:        profile.ExplainSQLite,
	})
	connector, err := sqlite.NewConnector(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(p.Connector("main", connector))
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)

	ctx := profile.WithFunction(context.Background(), "shop.Order")
	for _, query := range []string{
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)",
		"INSERT INTO orders (customer) VALUES ('Ada'), ('Grace')",
		"insert into orders (customer) values ('Edsger')",
	} {
		if _, err := db.ExecContext(ctx, query); err != nil {
			log.Fatal(err)
		}
	}

	for _, q := range p.Stats().Recent {
		fmt.Println(q.Function, q.Rows, q.Statement)
	}
	// Output:
	// shop.Order 1 INSERT INTO orders(customer) VALUES (?)
	// shop.Order 2 INSERT INTO orders(customer) VALUES (?)
	// shop.Order 0 CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT)
}
