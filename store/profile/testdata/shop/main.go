// Command shop is a user's program that profiles its database. A test builds it
// in its own module.
package main

import (
	"database/sql"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"vega/store/profile"
)

func main() {
	// The profiler needs this:
	config, err := pgx.ParseConfig(os.Getenv("SHOP_DSN"))
	if err != nil {
		log.Fatal(err)
	}
	p := profile.New(profile.Options{Dialect: profile.Postgres, Slow: time.Microsecond, Explain: profile.ExplainPostgres})
	db := sql.OpenDB(p.Connector("shop", stdlib.GetConnector(*config)))
	p.Pool("shop", db)
	http.Handle("/stats", p.Handler())

	// The program itself:
	sell(db)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/stats\n", l.Addr())
	log.Fatal(http.Serve(l, nil))
}

func sell(db *sql.DB) {
	card := os.Getenv("SHOP_CARD")
	for _, work := range []func() (sql.Result, error){
		func() (sql.Result, error) {
			return db.Exec("CREATE TABLE orders AS SELECT i AS id, 'customer ' || i % 1000 AS customer, '' AS card FROM generate_series(1, 300000) i")
		},
		func() (sql.Result, error) { return db.Exec("INSERT INTO orders VALUES (0, $1, $2)", "Ada", card) },
		func() (sql.Result, error) { return db.Exec("INSERT INTO orders VALUES (0, 'Ada', '" + card + "')") },
	} {
		if _, err := work(); err != nil {
			log.Fatal(err)
		}
	}
	find(db, card)
	if _, err := db.Exec("SELECT '" + card + "'::int"); err == nil {
		log.Fatal("the card was converted to a number")
	}
}

// find scans the table, because it has no index.
func find(db *sql.DB, card string) {
	rows, err := db.Query("SELECT id FROM orders WHERE card = $1 OR upper(card) = upper($1) OR md5(card) = md5($1)", card)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil || n != 2 {
		log.Fatal(n, err)
	}
}
