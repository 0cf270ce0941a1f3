package subscriptions

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/ident"
	"threadhub/internal/spool"
)

// counting is a spool that counts what a courier asks of it, and may fail to
// record outcomes.
type counting struct {
	spool.Store
	mu     sync.Mutex
	calls  map[string]int
	broken error
}

func (c *counting) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[what]++
}

func (c *counting) Waiting(ctx context.Context, subscription, lane string, limit int) ([]spool.Event, time.Time, error) {
	c.count("waiting")
	return c.Store.Waiting(ctx, subscription, lane, limit)
}

func (c *counting) SaveOutcomes(ctx context.Context, events []spool.Event) error {
	c.count("save outcomes")
	if c.broken != nil {
		return c.broken
	}
	return c.Store.SaveOutcomes(ctx, events)
}

func (c *counting) SaveLane(ctx context.Context, l spool.Lane) error {
	c.count("save lane")
	return c.Store.SaveLane(ctx, l)
}

func (c *counting) DropLane(ctx context.Context, l spool.Lane) error {
	c.count("drop lane")
	return c.Store.DropLane(ctx, l)
}

func TestALaneIsReadRecordedAndDroppedOnce(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.talk(5)
	asked := &counting{Store: r.store, calls: map[string]int{}}
	r.courier.spool = asked
	r.work()
	require.Len(t, r.heard(crm), 5)
	require.Equal(t, map[string]int{"waiting": 1, "save outcomes": 1, "drop lane": 1}, asked.calls)
	require.Empty(t, r.events(s, spool.Pending))
	_, err := r.store.TakeLane(context.Background(), s.ID, "run_other", r.clock().Add(time.Hour), r.clock())
	require.ErrorIs(t, err, spool.ErrNotFound)
}

func TestOutcomesOfASlowSubscriberAreNotPutOff(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.talk(4)
	var recorded []int
	r.answers(func(call) (int, error) {
		recorded = append(recorded, len(r.events(s, spool.Delivered)))
		r.wait(unsaved)
		return 200, nil
	})
	r.work()
	require.Equal(t, []int{0, 0, 2, 2}, recorded)
	require.Empty(t, r.events(s, spool.Pending))
}

func TestWhatIsNotRecordedComesAgainUnderItsID(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.talk(3)
	asked := &counting{Store: r.store, calls: map[string]int{}, broken: errAway}
	r.courier.spool = asked
	r.work()
	require.Len(t, r.heard(crm), 3)
	require.Len(t, r.events(s, spool.Pending), 3)
	asked.broken = nil
	r.work()
	require.Len(t, r.heard(crm), 3, "not while the lane may still be somebody's")
	r.wait(lease)
	r.work()
	require.Empty(t, r.events(s, spool.Pending))
	require.Len(t, r.calls, 6)
	for i := range 3 {
		require.Equal(t, r.calls[i].id, r.calls[i+3].id)
	}
}

func TestAnEventAddedWhileItsLaneIsAtWorkIsDelivered(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	conv := r.receive("ct_1", "first")
	var once sync.Once
	r.answers(func(call) (int, error) {
		once.Do(func() {
			change, notices := follow(conv, "second")
			r.commit(change)
			r.announce(notices)
			r.wait(lease) // the lease is prolonged, over the version that has changed
		})
		return 200, nil
	})
	r.work()
	require.Equal(t, []string{"message.created first", "message.created second"}, r.heard(crm))
	require.Empty(t, r.events(s, spool.Pending))
}

func TestALaneThatIsHeldIsLookedAtLessAndLessOften(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	change, notices := conversation("ct_1", "hello", r.clock())
	lane := string(change.Conversation.ID)
	dead := spool.Intent{ID: ident.New(eventPrefix), Lane: lane, At: r.clock().Add(time.Hour), Owner: "hub_0"}
	require.NoError(t, r.store.AddIntents(ctx, []spool.Intent{dead}))
	r.commit(change)
	r.announce(notices)
	for _, step := range []struct{ after, pause time.Duration }{
		{0, heldPause}, {2 * time.Second, 500 * time.Millisecond}, {time.Minute, heldMost},
	} {
		r.wait(step.after)
		r.work()
		l, err := r.store.Lane(ctx, s.ID, lane)
		require.NoError(t, err)
		require.Equal(t, []any{"", step.pause}, []any{l.Owner, l.NextAt.Sub(r.clock())})
	}
	require.Empty(t, r.heard(crm))
	require.NoError(t, r.store.DropIntents(ctx, []string{dead.ID}))
	r.wait(heldMost)
	r.work()
	require.Equal(t, []string{"message.created hello"}, r.heard(crm))
}
