package tokens

import (
	"context"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
)

// lastingPause is how long a token that works is left alone when the platform
// would not change it: it is not urgent.
const lastingPause = time.Hour

// lasts answers how long the token of the credentials is used before it is
// first changed, 0 when the connector has no such token.
func lasts(a Account) time.Duration {
	if l, ok := a.Connector.(connectors.Lasting); ok {
		return l.RenewAfter()
	}
	return 0
}

// use notes that the credentials hold the token, and when to change it.
func (k *Keeper) use(ctx context.Context, a Account, item directory.Item[record], renewAt time.Time) (held, error) {
	item, err := k.keep(ctx, item, record{Revision: a.Revision, Own: true, RenewAt: renewAt})
	if err != nil {
		return held{}, err
	}
	h, err := k.read(a, item)
	if err != nil {
		return held{}, err
	}
	k.know(item.ID, h)
	return h, nil
}
