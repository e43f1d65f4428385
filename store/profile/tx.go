package profile

import "database/sql/driver"

// tx is a transaction. Its connection must know whether a transaction is open.
type tx struct {
	base driver.Tx
	conn *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	t.conn.ended()
	return t.base.Commit()
}

// Rollback implements driver.Tx.
func (t *tx) Rollback() error {
	t.conn.ended()
	return t.base.Rollback()
}
