package main

// schema has the tables of programs that use SQLite: a shop, a job queue, a
// monitor and a key-value store, with 100,000 rows each.
var schema = []string{
	"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, org_id INTEGER, status TEXT, created INTEGER, deleted_at INTEGER, data TEXT, day TEXT)",
	numbers + `INSERT INTO users SELECT i, 'user' || i || '@example.org', 'Name ' || (i * 7919 % 5000), i * 31 % 400, CASE WHEN i % 50 = 0 THEN 'invited' ELSE 'active' END,
		1700000000 + i * 37, CASE WHEN i % 100 = 0 THEN 1 END, json_object('plan', 'p' || (i % 900), 'n', i), datetime(1700000000 + i * 37, 'unixepoch') FROM n`,
	"CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), status TEXT, total REAL, created INTEGER, note TEXT)",
	"CREATE INDEX orders_status ON orders (status)",
	numbers + `INSERT INTO orders SELECT i, i * 2654435761 % 20000 + 1, 's' || (i * 7 % 8), i % 977 * 1.5, 1700000000 + i * 11, 'note ' || hex(i * 48271 % 100003) FROM n`,
	"CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, sku TEXT, qty INTEGER, price REAL)",
	numbers + `INSERT INTO items SELECT i, i * 48271 % 50000 + 1, 'sku' || (i * 17 % 3000), i % 9, i % 301 * 0.25 FROM n`,
	"CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, ts INTEGER, source TEXT, host TEXT, payload TEXT)",
	numbers + `INSERT INTO events SELECT i, 'k' || (i * 13 % 40), 1700000000000 + i * 1000, 'src' || (i % 7), 'host' || (i * 104729 % 1000), hex(i * 48271 % 100003) || printf('%060d', i) FROM n`,
	"CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT NOT NULL, queue TEXT NOT NULL, kind TEXT, priority INTEGER, scheduled_at INTEGER, attempt INTEGER, args TEXT)",
	numbers + `INSERT INTO jobs SELECT i, CASE WHEN i % 200 = 0 THEN 'available' WHEN i % 301 = 0 THEN 'running' ELSE 'completed' END, 'q' || (i % 5), 'kind' || (i % 23), i % 4, 1700000000 + i, i % 3, '{}' FROM n`,
	"CREATE TABLE kine (id INTEGER PRIMARY KEY, name TEXT, created INTEGER, deleted INTEGER, create_revision INTEGER, prev_revision INTEGER, lease INTEGER, value BLOB)",
	"CREATE INDEX kine_name ON kine (name)",
	numbers + `INSERT INTO kine SELECT i, '/registry/pods/ns' || (i * 31 % 50) || '/p' || (i * 7 % 400), i % 10 = 0, i % 17 = 0, i / 10, i - 1, 0, randomblob(60) FROM n`,
	"CREATE TABLE results (id INTEGER PRIMARY KEY, endpoint_id INTEGER NOT NULL, success INTEGER NOT NULL, timestamp INTEGER NOT NULL, duration INTEGER)",
	"CREATE INDEX results_endpoint ON results (endpoint_id)",
	numbers + "INSERT INTO results SELECT i, i % 40, i % 97 != 0, 1700000000 + i, i * 7 % 900 FROM n",
	"CREATE TABLE tags (post_id INTEGER, tag TEXT, PRIMARY KEY (post_id, tag)) WITHOUT ROWID",
	numbers + "INSERT INTO tags SELECT i, 't' || (i * 7 % 700) FROM n",
}

const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "

var statements = []string{
	// equality, then order
	"SELECT * FROM events WHERE kind = 'k7' ORDER BY ts DESC LIMIT 50",
	"SELECT * FROM events WHERE host = 'host42' ORDER BY ts DESC LIMIT 20",
	"SELECT * FROM events WHERE source = 'src3' AND kind = 'k9' ORDER BY ts LIMIT 20",
	"SELECT * FROM events WHERE kind = 'k7' AND ts > 1700000090000000 ORDER BY ts",
	"SELECT id, email FROM users WHERE org_id = 17 ORDER BY created DESC LIMIT 25",
	"SELECT id FROM users WHERE status = 'invited' ORDER BY email LIMIT 25",
	"SELECT * FROM jobs WHERE state = 'available' AND queue = 'q0' ORDER BY priority, scheduled_at, id LIMIT 10",
	"SELECT * FROM jobs WHERE state = 'available' AND queue = 'q0' AND scheduled_at <= 1700050000 ORDER BY priority, scheduled_at, id LIMIT 10",
	"SELECT * FROM jobs WHERE kind = 'kind7' AND state = 'running'",
	"SELECT count(*) FROM jobs WHERE state = 'running'",
	"SELECT state, count(*) FROM jobs GROUP BY state",
	"SELECT queue, max(scheduled_at) FROM jobs WHERE state = 'available' GROUP BY queue",
	// extremes
	"SELECT max(ts) FROM events WHERE host = 'host77'",
	"SELECT min(created) FROM users WHERE org_id = 5",
	"SELECT max(timestamp) FROM results WHERE endpoint_id = 7",
	"SELECT max(total) FROM orders",
	// keys
	"DELETE FROM items WHERE order_id = 777",
	"DELETE FROM events WHERE ts < 1700000002000000 AND kind = 'k1'",
	"DELETE FROM users WHERE email = 'user777@example.org'",
	"DELETE FROM results WHERE endpoint_id = 3 AND timestamp < 1700001000",
	"UPDATE users SET name = 'x' WHERE email = 'user4711@example.org'",
	"UPDATE jobs SET state = 'running' WHERE id IN (SELECT id FROM jobs WHERE state = 'available' AND queue = 'q0' ORDER BY priority LIMIT 5)",
	"SELECT * FROM users WHERE email = 'user4711@example.org'",
	"SELECT * FROM items WHERE order_id = 4711",
	"SELECT * FROM tags WHERE tag = 't42'",
	// a one-column index that is not the best
	"SELECT * FROM orders WHERE status = 's3' AND user_id = 4711",
	"SELECT * FROM orders WHERE status = 's3' ORDER BY created DESC LIMIT 10",
	"SELECT * FROM orders WHERE status = 's3' AND created > 1701000000",
	"SELECT * FROM results WHERE endpoint_id = 7 ORDER BY timestamp DESC LIMIT 100",
	"SELECT * FROM results WHERE endpoint_id = 7 AND timestamp > 1700099000",
	"SELECT count(*) FROM results WHERE endpoint_id = 7 AND success = 0",
	"SELECT avg(duration) FROM results WHERE endpoint_id = 7 AND timestamp > 1700090000",
	"SELECT * FROM kine WHERE name = '/registry/pods/ns7/p7' AND id > 90000",
	"SELECT max(id) FROM kine WHERE name = '/registry/pods/ns31/p7'",
	"SELECT * FROM kine WHERE name > '/registry/pods/ns7/' AND name < '/registry/pods/ns70' AND deleted = 0 ORDER BY id LIMIT 10",
	// lists
	"SELECT * FROM users WHERE org_id IN (3, 5, 9) ORDER BY created DESC LIMIT 20",
	"SELECT * FROM events WHERE host IN ('host1', 'host2', 'host3') ORDER BY ts",
	"SELECT * FROM jobs WHERE state IN ('available', 'running') AND queue = 'q1'",
	"SELECT * FROM orders WHERE user_id IN (1, 2, 3, 4, 5)",
	// ranges and pages
	"SELECT * FROM events WHERE ts BETWEEN 1700000050000000 AND 1700000050100000",
	"SELECT * FROM events WHERE ts > 1700000099000000 ORDER BY ts DESC LIMIT 50",
	"SELECT * FROM events WHERE (ts, id) < (1700000050000000, 50000) ORDER BY ts DESC, id DESC LIMIT 50",
	"SELECT * FROM orders WHERE total > 1460 ORDER BY created DESC LIMIT 20",
	"SELECT * FROM users WHERE deleted_at IS NOT NULL",
	"SELECT * FROM users WHERE deleted_at IS NULL AND email = 'user99@example.org'",
	"SELECT DISTINCT source FROM events WHERE kind = 'k3'",
	// joins
	"SELECT o.* FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = 'user4711@example.org'",
	"SELECT u.email, sum(o.total) FROM users u JOIN orders o ON o.user_id = u.id WHERE u.org_id = 17 GROUP BY u.id",
	"SELECT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id WHERE o.user_id = 99",
	"SELECT u.* FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.total > 1400) AND u.org_id = 3",
	// what an index does not help
	"SELECT * FROM events WHERE payload LIKE '%C0FFEE%' ORDER BY ts LIMIT 10",
	"SELECT * FROM orders WHERE note LIKE '%ABCD%' ORDER BY created LIMIT 10",
	"SELECT count(*) FROM results WHERE success = 1",
	// expressions
	"SELECT * FROM users WHERE json_extract(data, '$.plan') = 'p77'",
	"SELECT * FROM users WHERE data ->> '$.plan' = 'p77'",
	"SELECT count(*) FROM users WHERE date(day) = '2023-12-01'",
	"SELECT * FROM users WHERE lower(email) = 'user4711@example.org'",
	"SELECT * FROM users WHERE email LIKE 'user4711%'",
	"SELECT * FROM users WHERE name GLOB 'Name 77*'",
	"SELECT * FROM users WHERE status = 'active' OR org_id = 7 ORDER BY id LIMIT 10",
	"SELECT * FROM users WHERE email = 'user7@example.org' OR name = 'Name 77'",
}
