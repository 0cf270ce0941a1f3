package sqlite

import (
	"context"
	"fmt"
)

const (
	sqlRedact   = "UPDATE entries SET url = '', header = NULL, body = NULL WHERE id = ? AND state <> 'pending'"
	sqlDropItem = "DELETE FROM items WHERE id = ?"
)

// Redact implements [journal.Store].
func (j *Journal) Redact(ctx context.Context, ids []string) error {
	return j.each(ctx, "redact entries", sqlRedact, ids)
}

// DropItems implements [journal.Store].
func (j *Journal) DropItems(ctx context.Context, ids []string) error {
	return j.each(ctx, "drop items", sqlDropItem, ids)
}

func (j *Journal) each(ctx context.Context, what, sql string, ids []string) error {
	if len(ids) == 0 {
		return ctx.Err()
	}
	err := j.write.do(ctx, wiping(func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec(sql, id); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
