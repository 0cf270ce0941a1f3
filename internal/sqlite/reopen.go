package sqlite

import (
	"context"
	"fmt"
)

const (
	sqlReopen = `UPDATE entries SET state = 'pending', reason = '', events = 0, attempts = 0, retry_at = 0, again = 1
 WHERE id = ? AND state <> 'pending' AND (url <> '' OR body IS NOT NULL)`
	// The items of an entry are called after it; '0' is the character after '/'.
	sqlDropItems = "DELETE FROM items WHERE id > ? || '/' AND id < ? || '0'"
)

// Reopen implements [journal.Store].
func (j *Journal) Reopen(ctx context.Context, ids []string) (int, error) {
	if len(ids) == 0 {
		return 0, ctx.Err()
	}
	var opened []placed
	err := j.write.doThen(ctx, func(t *tx) error {
		opened = nil // it may be done again
		for _, id := range ids {
			again, err := t.exec(sqlReopen, id)
			if err != nil {
				return err
			}
			if again == 0 {
				continue
			}
			var at placed
			if err := t.query(sqlPlaceOf, placeInto(&at), id); err != nil {
				return err
			}
			opened = append(opened, at)
			if _, err := t.exec(sqlDropItems, id, id); err != nil {
				return err
			}
		}
		return nil
	}, func() { j.pending.reopened(opened) })
	if err != nil {
		return 0, fmt.Errorf("reopen journal entries: %w", err)
	}
	return len(opened), nil
}
