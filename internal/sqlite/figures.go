package sqlite

import (
	"context"
	"fmt"

	"threadhub/threads"
)

const (
	sqlFiguresCreated = "SELECT figures FROM conversations INDEXED BY conversations_created WHERE created_at >= ? AND created_at < ? ORDER BY created_at, id"
	sqlFiguresSolved  = "SELECT figures FROM conversations INDEXED BY conversations_solved WHERE solved_at >= ? AND solved_at < ? ORDER BY solved_at, id"
)

// Figures implements [threads.Queries].
func (s *Store) Figures(ctx context.Context, p threads.Period, each func(threads.Figures) error) error {
	sql := sqlFiguresCreated
	switch p.By {
	case threads.ByCreated:
	case threads.BySolved:
		sql = sqlFiguresSolved
	default:
		return fmt.Errorf("figures: unknown time %q of the period", p.By)
	}
	err := s.read.with(ctx, func(c *conn) error {
		return c.queryOnce(ctx, sql, func(r row) error {
			f, err := threads.DecodeFigures(r.bytes(0))
			if err != nil {
				return err
			}
			return each(f)
		}, millis(p.From), millis(p.To))
	})
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	return nil
}
