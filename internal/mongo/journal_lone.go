package mongo

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/journal"
)

// loneliness guesses whether the next entry comes alone, from how many were
// claimed between two claims that found none: an idle hub's webhooks are then
// claimed by one command each, and those of a busy one by two for all. A wrong
// guess costs one claim more. The zero value guesses that many come. It is safe
// for concurrent use.
type loneliness struct {
	mu      sync.Mutex
	claimed int  // since the latest claim that found none
	lone    bool // one at a time is what came before that
}

// expected tells whether to claim a single entry.
func (l *loneliness) expected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lone && l.claimed == 0
}

// note takes in how many entries a claim brought.
func (l *loneliness) note(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n == 0 && l.claimed > 0 {
		l.lone, l.claimed = l.claimed == 1, 0
	}
	l.claimed += n
}

// claimOne leases the oldest entry that is due, in one command.
func (j *journalStore) claimOne(ctx context.Context, due, lease bson.D) ([]journal.Entry, error) {
	var r entryRow
	err := j.entries.FindOneAndUpdate(ctx, due, lease,
		options.FindOneAndUpdate().SetSort(order("doc.received_at", "_id"))).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []journal.Entry{r.Doc}, nil
}

// dueBy matches pending entries that may be claimed.
func dueBy(now time.Time) bson.D {
	return bson.D{{Key: "doc.state", Value: journal.Pending}, {Key: "due", Value: op("$lte", now)}}
}

// leased is the update of a claim.
func leased(owner string, until time.Time, token bson.ObjectID) bson.D {
	return set(bson.D{{Key: "due", Value: until}, {Key: "owner", Value: owner}, {Key: "claim", Value: token}})
}
