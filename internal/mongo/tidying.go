package mongo

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/threads"
)

const (
	// tidyEvery is how long what commits leave in their conversations may stay:
	// two rounds of a worker that has little to do share one command.
	tidyEvery = 50 * time.Millisecond
	// tidyMost is how many conversations are left like that at most. More of
	// them pay for a command of their own, and every other process that reads
	// one meanwhile writes its rows once more.
	tidyMost = 16
)

// tidying takes out of conversations what finished commits leave there: the
// rows that were written out, and the mark of what is not announced. It does so
// a moment later, in one command for all commits of that moment. Nothing
// depends on it: what a process that dies leaves is completed by whoever reads
// the conversation next, and announced again by the sweeper. It is safe for
// concurrent use.
type tidying struct {
	conversations *mongo.Collection
	every         time.Duration

	flushing sync.Mutex // held by whoever sends the command

	mu   sync.Mutex
	left map[threads.ConversationID]*leavings
	sent map[threads.ConversationID]*leavings // in the command under way
	// timer is set while anything is left; closed says that none is set any more.
	timer  *time.Timer
	closed bool
	timers sync.WaitGroup // those set that neither ran nor were stopped
	failed error          // of the latest command nobody waited for
}

// leavings are what the commits of this process left in a conversation.
type leavings struct {
	version int64   // of the latest
	written []int64 // the versions whose rows are written out and still pending
	settled bool    // the latest was announced
	waited  bool    // for its announcement, once
}

func newTidying(conversations *mongo.Collection, every time.Duration) *tidying {
	if every == 0 {
		every = tidyEvery
	}
	return &tidying{conversations: conversations, every: every, left: map[threads.ConversationID]*leavings{}}
}

// wrote notes a commit to the version, whose rows are in their collections;
// pending says that they are still in the conversation as well.
func (t *tidying) wrote(id threads.ConversationID, version int64, pending bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left[id] == nil && !pending {
		return
	}
	l := t.of(id)
	if version > l.version {
		l.version, l.settled = version, false
	}
	if pending {
		l.written = append(l.written, version)
	}
	t.arm()
}

// of is what is left of the conversation. The caller holds mu.
func (t *tidying) of(id threads.ConversationID) *leavings {
	l := t.left[id]
	if l == nil {
		l = &leavings{}
		t.left[id] = l
	}
	return l
}

// arm sets the timer. The caller holds mu.
func (t *tidying) arm() {
	if t.timer != nil || t.closed || len(t.left) == 0 {
		return
	}
	t.timers.Add(1)
	t.timer = time.AfterFunc(t.every, func() {
		defer t.timers.Done()
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		err := t.flush(ctx, false)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.failed, t.timer = err, nil
		t.arm()
	})
}

// knows tells whether this process wrote the rows of the version out.
func (t *tidying) knows(id string, version int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, all := range []map[threads.ConversationID]*leavings{t.left, t.sent} {
		if l := all[threads.ConversationID(id)]; l != nil && slices.Contains(l.written, version) {
			return true
		}
	}
	return false
}

// settle notes that the commits which led to these versions were announced. It
// answers what became of an earlier command that nobody waited for.
func (t *tidying) settle(ctx context.Context, commits map[threads.ConversationID]int64) error {
	full, err := t.announced(commits)
	if full {
		return t.flush(ctx, false)
	}
	return err
}

func (t *tidying) announced(commits map[threads.ConversationID]int64) (full bool, earlier error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, version := range commits {
		if l := t.of(id); version >= l.version {
			l.version, l.settled = version, true
		}
	}
	t.arm()
	earlier, t.failed = t.failed, nil
	return len(t.left) >= tidyMost || t.closed, earlier
}

// flush tidies all that is left. A commit that is not announced yet is waited
// for until the next flush, unless all is set. What fails is not tried again:
// readers and the sweeper see to it.
func (t *tidying) flush(ctx context.Context, all bool) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	models := t.take(all)
	if len(models) == 0 {
		return nil
	}
	_, err := t.conversations.BulkWrite(ctx, models, unordered())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = nil
	return err
}

// take answers the changes to make, and remembers as sent what they are about.
func (t *tidying) take(all bool) []mongo.WriteModel {
	t.mu.Lock()
	defer t.mu.Unlock()
	var models []mongo.WriteModel
	t.sent = map[threads.ConversationID]*leavings{}
	for id, l := range t.left {
		if !all && !l.settled && !l.waited {
			l.waited = true
			continue
		}
		delete(t.left, id)
		t.sent[id] = l
		models = append(models, l.model(id))
	}
	return models
}

// model takes the leavings out of their conversation. Another process that has
// committed since has read the conversation before, and so has cleared it; what
// a commit of this process leaves behind that passed this one on the way, the
// next reader clears.
func (l *leavings) model(id threads.ConversationID) mongo.WriteModel {
	filter, gone := by("_id", id), bson.D{}
	if l.settled {
		filter, gone = versioned(string(id), l.version), by("unsettled_at", "")
	}
	for _, v := range l.written {
		gone = append(gone, bson.E{Key: pendingField(v), Value: ""})
	}
	return mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(op("$unset", gone))
}

// close tidies what is left, and ends the timer. That it fails harms nothing.
func (t *tidying) close() {
	t.mu.Lock()
	t.closed = true
	if t.timer != nil && t.timer.Stop() {
		t.timers.Done()
	}
	t.mu.Unlock()
	t.timers.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = t.flush(ctx, true)
}
