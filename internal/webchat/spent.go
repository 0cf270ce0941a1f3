package webchat

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/directory"
)

// spent notes tickets that were used and sessions that were ended, until they
// would be over anyway. It holds for all processes on the store.
type spent struct {
	records directory.Collection[spentUntil]
}

type spentUntil struct {
	Until time.Time `json:"until"`
}

const (
	spentTicket  = "ticket"
	spentSession = "session"
)

func newSpent(store directory.Store) spent {
	return spent{directory.NewCollection[spentUntil](store, "webchat_spent", nil)}
}

// spend tells whether nobody did so before.
func (s spent) spend(ctx context.Context, what, id string, until time.Time) (first bool, err error) {
	_, err = s.records.Create(ctx, what+"-"+id, spentUntil{until})
	if errors.Is(err, directory.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (s spent) has(ctx context.Context, what, id string) (bool, error) {
	_, err := s.records.Get(ctx, what+"-"+id)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s spent) forget(ctx context.Context, now time.Time) error {
	const page = 200
	for after := ""; ; {
		list, err := s.records.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, item := range list {
			after = item.ID
			if item.Value.Until.After(now) {
				continue
			}
			if err := s.records.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}
