package mongo

import (
	"context"
	"errors"
	"fmt"
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
	never   bool // the server makes more of it than of two commands
}

// expected tells whether to claim a single entry.
func (l *loneliness) expected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lone && l.claimed == 0 && !l.never
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

// refused tells the answer of a server that does not carry the command out, as
// routers of sharded collections may not, from a failure on the way to it.
func refused(err error) bool {
	var answer mongo.CommandError
	return errors.As(err, &answer) && !answer.HasErrorLabel("NetworkError") && !mongo.IsTimeout(err)
}

// learnServer asks whether the server is the router of a sharded cluster. To
// change one of the entries of all shards it needs a transaction over them, if
// it can at all.
func (l *loneliness) learnServer(ctx context.Context, db *mongo.Database) error {
	var hello struct {
		Msg string `bson:"msg"`
	}
	if err := db.RunCommand(ctx, by("hello", 1)).Decode(&hello); err != nil {
		return fmt.Errorf("ask what kind of server it is: %w", err)
	}
	l.never = hello.Msg == "isdbgrid"
	return nil
}

// claimOne leases the oldest entry that is due, in one command.
func (j *journalStore) claimOne(ctx context.Context, due bson.D, owner string, until time.Time) ([]journal.Entry, error) {
	var r entryRow
	err := j.entries.FindOneAndUpdate(ctx, due,
		set(bson.D{{Key: "due", Value: until}, {Key: "owner", Value: owner}, {Key: "claim", Value: bson.NewObjectID()}}),
		options.FindOneAndUpdate().SetSort(order("doc.received_at", "_id"))).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		j.lone.note(0)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mongo: claim an entry: %w", err)
	}
	j.lone.note(1)
	return []journal.Entry{r.Doc}, nil
}
