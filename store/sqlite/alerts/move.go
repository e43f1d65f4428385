package alerts

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	copyIncident = `INSERT INTO incidents (opened, ended, root, subject, data) SELECT opened, ended, root, subject, data FROM incidents WHERE id = ?`
	copySilence  = `INSERT INTO silences (begins, over, data) SELECT begins, over, data FROM silences WHERE id = ?`
)

// followIncident are the statements that make other rows refer to the new number of an
// incident, and then delete the old one.
var followIncident = []string{
	`UPDATE incident_alerts SET incident = ?1 WHERE incident = ?2`,
	`UPDATE incident_events SET incident = ?1 WHERE incident = ?2`,
	`UPDATE deliveries SET incident = ?1 WHERE incident = ?2`,
	`UPDATE watches SET incident = ?1 WHERE incident = ?2`,
	`UPDATE incidents SET root = ?1 WHERE root = ?2`,
	`DELETE FROM incidents WHERE id = ?2`,
}

// MoveIncident gives an incident a new number, because another one has the same: vega was
// started without this file, and the file was added later.
func MoveIncident(ctx context.Context, tx *sql.Tx, id int64) error {
	return move(ctx, tx, id, copyIncident, followIncident...)
}

// MoveSilence gives a silence a new number; see MoveIncident.
func MoveSilence(ctx context.Context, tx *sql.Tx, id int64) error {
	return move(ctx, tx, id, copySilence, `DELETE FROM silences WHERE id = ?2`)
}

func move(ctx context.Context, tx *sql.Tx, id int64, again string, follow ...string) error {
	done, err := tx.ExecContext(ctx, again, id)
	if err != nil {
		return fmt.Errorf("move number %d: %w", id, err)
	}
	next, err := done.LastInsertId()
	if err != nil {
		return err
	}
	for _, statement := range follow {
		if _, err := tx.ExecContext(ctx, statement, next, id); err != nil {
			return fmt.Errorf("move number %d to %d: %w", id, next, err)
		}
	}
	return nil
}
