package subscriptions

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/spool"
	"threadhub/threads"
	"threadhub/workers"
)

func TestWhatNobodySubscribedToLeavesNoTrace(t *testing.T) {
	r := newRig(t)
	r.receive("ct_1", "before")
	s := r.subscribe(crm, "message.created")
	r.receive("ct_2", "hello")
	_, err := r.Update(context.Background(), s.ID, Change{Enabled: new(false)})
	require.NoError(t, err)
	r.receive("ct_3", "after")
	require.Zero(t, r.intents())
	require.Len(t, r.events(s, ""), 1)
	_, err = r.Update(context.Background(), s.ID, Change{Enabled: new(true)})
	require.NoError(t, err)
	r.work()
	require.Equal(t, []string{"message.created hello"}, r.heard(crm))
}

func TestSubscribersGetWhatTheyAskedFor(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	everything := r.subscribe(crm)
	one, err := r.Create(ctx, Draft{URL: audit, Events: []string{All}, Channels: []threads.ChannelID{"ch_2"}, Enabled: true})
	require.NoError(t, err)
	r.receive("ct_1", "hello")
	c := threads.Contact{ID: "ct_9", Identities: []threads.Identity{{Channel: "ch_2", Peer: "p"}}, Version: 2}
	r.announce([]threads.Notice{
		{Type: threads.NoticeContactUpdated, Contact: &c},
		{Type: threads.NoticeTyping, Conversation: &threads.Conversation{ID: "cv_1", ChannelID: "ch_2"}},
		{Type: threads.NoticeMessageUpdated, Message: &threads.Message{ID: "msg_1", ConversationID: "cv_1", ChannelID: "ch_2"}},
	})
	r.work()
	require.ElementsMatch(t, []string{"conversation.created", "message.created hello", "contact.updated", "message.updated "}, r.heard(crm))
	require.ElementsMatch(t, []string{"contact.updated", "message.updated "}, r.heard(audit))
	for _, e := range r.events(one, "") {
		same, err := r.Delivery(ctx, everything.ID, e.ID)
		require.NoError(t, err, "an event has one id for all")
		require.Equal(t, e.Type, same.Type)
	}
}

// TestAChangeWhoseProcessDiedIsTold kills the process between a change and its
// announcement, for every kind of change.
func TestAChangeWhoseProcessDiedIsTold(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		change func(t *testing.T, r *rig, conv threads.Conversation)
		want   []string
	}{
		"a first message": {func(_ *testing.T, r *rig, _ threads.Conversation) {
			change, _ := conversation("ct_2", "lost?", r.clock())
			r.commit(change)
		}, []string{"conversation.created", "message.created lost?", "conversation.updated"}},
		"a close": {func(_ *testing.T, r *rig, conv threads.Conversation) {
			change, _ := follow(conv, "bye")
			change.Conversation.State.Status = threads.StatusClosed
			change.Transitions = []threads.Transition{{ID: "t_1", ConversationID: conv.ID, From: threads.StatusNew, To: threads.StatusClosed}}
			r.commit(change)
		}, []string{"message.created bye", "conversation.closed", "conversation.updated"}},
		"a receipt": {func(t *testing.T, r *rig, conv threads.Conversation) {
			m := r.message(conv)
			m.Version++
			require.NoError(t, r.watched.SaveMessage(ctx, m))
		}, []string{"message.updated hi"}},
		"an edited contact": {func(t *testing.T, r *rig, _ threads.Conversation) {
			contact := threads.Contact{ID: "ct_5", Identities: []threads.Identity{{Channel: "ch_1", Peer: "p5"}}, Version: 1}
			_, err := r.watched.Claim(ctx, contact)
			require.NoError(t, err)
			contact.Version++
			require.NoError(t, r.watched.SaveContact(ctx, contact))
		}, []string{"contact.updated"}},
		"a delivery that failed": {func(t *testing.T, r *rig, conv threads.Conversation) {
			change, notices := follow(conv, "out")
			change.Messages[0].Direction, change.Messages[0].Status = threads.Outbound, threads.MessageQueued
			change.Deliveries = []threads.Delivery{{
				MessageID: change.Messages[0].ID, ConversationID: conv.ID, ChannelID: conv.ChannelID, ContactID: conv.Contact.ID, CreatedAt: r.clock(),
			}}
			r.commit(change)
			r.announce(notices)
			r.work()
			outbox := r.relay.WatchOutbox(r.store)
			claimed, err := outbox.ClaimDeliveries(ctx, "w", r.clock(), time.Minute, workers.Room{All: 1})
			require.NoError(t, err)
			_, err = outbox.SettleCalls(ctx, []workers.DeliveryResult{{Delivery: claimed[0], Message: threads.MessagePatch{Status: threads.MessageFailed}}})
			require.NoError(t, err)
		}, []string{"message.created out", "message.failed out"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.subscribe(crm)
			conv := r.receive("ct_1", "hi")
			r.work()
			before := len(r.heard(crm))
			c.change(t, r, conv)
			require.NotZero(t, r.intents())
			r.start("hub_2")
			require.NoError(t, r.relay.Recover(ctx))
			require.NoError(t, r.relay.Recover(ctx), "again")
			require.Zero(t, r.intents())
			r.work()
			require.Equal(t, c.want, r.heard(crm)[before:])
		})
	}
}

func (r *rig) message(c threads.Conversation) threads.Message {
	r.t.Helper()
	list, _, err := r.store.Messages(context.Background(), c.ID, threads.MessagePage{Limit: 1})
	require.NoError(r.t, err)
	return list[0]
}

func TestAChangeThatWasNotMadeIsNotTold(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.subscribe(crm)
	conv := r.receive("ct_1", "hi")
	won, notices := follow(conv, "won")
	lost, _ := follow(conv, "lost")
	r.commit(won)
	require.ErrorIs(t, r.watched.Commit(ctx, []threads.Change{lost})[0], threads.ErrConflict)
	m := r.message(conv)
	m.Version = 7
	require.ErrorIs(t, r.watched.SaveMessage(ctx, m), threads.ErrConflict)
	r.announce(notices)
	require.Zero(t, r.intents())

	// One that died before its change.
	_, err := r.relay.intend(ctx, []intent{{Conversation: conv.ID, Version: 9, Messages: []threads.MessageID{"msg_never"}}, {Contact: "ct_never", Version: 1}})
	require.NoError(t, err)
	r.start("hub_2")
	require.NoError(t, r.relay.Recover(ctx))
	require.Zero(t, r.intents())
	r.work()
	require.Equal(t, []string{"conversation.created", "message.created hi", "message.created won"}, r.heard(crm))
}

func TestAnEndThatIsToldLateDoesNotComeAfterWhatIsNewer(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.subscribe(crm, "message.updated")
	m := r.message(r.receive("ct_1", "hi"))
	save := func(text string) []threads.Notice {
		m.Version++
		m.Content.Text = text
		require.NoError(t, r.watched.SaveMessage(ctx, m))
		now := m
		return []threads.Notice{{Type: threads.NoticeMessageUpdated, At: r.clock(), Message: &now}}
	}
	sent := save("sent")
	// The worker records the same: its platform's receipt was faster.
	end := []intent{{Conversation: m.ConversationID, Message: m.ID}}
	noted, err := r.relay.intend(ctx, end)
	require.NoError(t, err)
	require.True(t, noted)
	r.relay.settle(ctx, map[subject]intent{{string(m.ID), m.Version}: end[0]}, nil, nil)
	r.announce(sent)
	r.announce(save("read"))
	r.announce(sent) // the worker, at last
	require.Zero(t, r.intents())
	r.work()
	require.Equal(t, []string{"message.updated sent", "message.updated sent", "message.updated read"}, r.heard(crm))
}

// bounded is a store that notes how long a change may take.
type bounded struct {
	threads.Store
	until time.Duration // 0: without end
}

func (b *bounded) Commit(ctx context.Context, changes []threads.Change) []error {
	if at, ok := ctx.Deadline(); ok {
		b.until = time.Until(at)
	}
	return b.Store.Commit(ctx, changes)
}

func TestANotedChangeIsGivenUpBeforeARecoveryLooksForIt(t *testing.T) {
	require.Less(t, changeWithin, announceWithin)
	require.Less(t, announceWithin, orphanAge)
	r := newRig(t)
	store := &bounded{Store: r.store}
	change, _ := conversation("ct_1", "hi", r.clock())
	watched := r.relay.Watch(store)
	r.relay.Alone = false
	require.NoError(t, watched.Commit(context.Background(), []threads.Change{change})[0])
	require.Zero(t, store.until, "nobody is subscribed, nothing is noted")
	r.subscribe(crm)
	again, _ := follow(change.Conversation, "there")
	require.NoError(t, watched.Commit(context.Background(), []threads.Change{again})[0])
	require.Positive(t, store.until)
	require.LessOrEqual(t, store.until, changeWithin)
}

// slowSpool has an announcement come while another is being written.
type slowSpool struct {
	spool.Store
	meanwhile func()
}

func (s *slowSpool) AddEvents(ctx context.Context, events []spool.Event, intents []string, now time.Time) error {
	if f := s.meanwhile; f != nil {
		s.meanwhile = nil
		f()
	}
	return s.Store.AddEvents(ctx, events, intents, now)
}

func TestTwoWhoTellOfOneVersionAtOnceLeaveNothingThatHoldsTheLane(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.subscribe(crm, "message.updated")
	m := r.message(r.receive("ct_1", "hi"))
	// The end of a delivery is noted first, and a receipt recorded.
	end := []intent{{Conversation: m.ConversationID, Message: m.ID}}
	_, err := r.relay.intend(ctx, end)
	require.NoError(t, err)
	m.Version++
	m.Content.Text = "read"
	require.NoError(t, r.watched.SaveMessage(ctx, m))
	r.relay.settle(ctx, map[subject]intent{{string(m.ID), m.Version}: end[0]}, nil, nil)
	notices := []threads.Notice{{Type: threads.NoticeMessageUpdated, At: r.clock(), Message: &m}}
	r.relay.Spool = &slowSpool{Store: r.relay.Spool, meanwhile: func() { r.announce(notices) }}
	r.announce(notices)
	require.Zero(t, r.intents())
	require.Empty(t, r.relay.made)
	r.work()
	require.Equal(t, []string{"message.updated read", "message.updated read"}, r.heard(crm))
}

func TestEventsLeaveInTheOrderOfTheChangesWhoeverTellsFirst(t *testing.T) {
	r := newRig(t)
	r.subscribe(crm, "message.created")
	conv := r.receive("ct_1", "one")
	r.work()
	second, slow := follow(conv, "two")
	r.commit(second)
	third, quick := follow(second.Conversation, "three")
	r.commit(third)
	r.announce(quick)
	r.work()
	require.Equal(t, []string{"message.created one"}, r.heard(crm), "the second is not told yet")
	r.receive("ct_2", "elsewhere")
	r.work()
	require.Len(t, r.heard(crm), 2, "other conversations do not wait")
	r.announce(slow)
	r.wait(heldPause)
	r.work()
	require.Equal(t, []string{"message.created two", "message.created three"}, r.heard(crm)[2:])
}

func TestAnAnnouncementThatFailedIsMadeUpFor(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.subscribe(crm, "message.created")
	change, notices := conversation("ct_1", "hi", r.clock())
	r.commit(change)
	broken := r.relay.Spool
	r.relay.Spool = failing{broken}
	require.Error(t, r.relay.Announce(ctx, notices))
	r.relay.Spool = broken
	require.NoError(t, r.relay.Recover(ctx))
	require.Equal(t, 1, r.intents(), "its own process may yet tell")
	r.wait(orphanAge)
	require.NoError(t, r.relay.Recover(ctx))
	r.work()
	require.Equal(t, []string{"message.created hi"}, r.heard(crm))
	r.wait(announceLost)
	require.NoError(t, r.relay.Recover(ctx))
	require.Empty(t, r.relay.made)
	require.Empty(t, r.relay.working)
}

// stalled are two processes over one store, of which the first stands still
// between a change and its announcement for so long that the second tells of it.
func stalled(t *testing.T) (r *rig, first, second *Relay, notices []threads.Notice, c threads.Conversation) {
	t.Helper()
	r = newRig(t)
	r.subscribe(crm)
	conv := r.receive("ct_1", "one")
	r.work()
	first = r.relay
	r.start("hub_2")
	second = r.relay
	first.Alone, second.Alone = false, false
	change, notices := follow(conv, "two")
	change.Conversation.State.Assignee = "ag_1"
	require.NoError(t, first.Watch(r.store).Commit(context.Background(), []threads.Change{change})[0])
	notices = append(notices, threads.Notice{Type: threads.NoticeConversationAssigned, At: r.clock(), Conversation: &change.Conversation})
	r.wait(orphanAge + time.Second)
	return r, first, second, notices, change.Conversation
}

func TestAProcessThatStoodStillTellsNothingTwiceNorLate(t *testing.T) {
	ctx := context.Background()
	for name, after := range map[string]func(t *testing.T, first *Relay){
		"at once": func(*testing.T, *Relay) {},
		"after it looked for changes that nobody told": func(t *testing.T, first *Relay) {
			require.NoError(t, first.Recover(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, first, second, notices, conv := stalled(t)
			require.NoError(t, second.Recover(ctx))
			third, more := follow(conv, "three")
			r.commit(third)
			r.announce(more)
			r.work()
			after(t, first)
			require.NoError(t, first.Announce(ctx, notices))
			r.work()
			require.Equal(t, []string{
				"conversation.created", "message.created one",
				"message.created two", "conversation.updated", "message.created three",
			}, r.heard(crm))
			require.Zero(t, r.intents())
			require.Empty(t, first.made)
		})
	}
}

func TestAChangeThatIsMadeAfterItWasGivenUpIsTold(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	r.subscribe(crm)
	conv := r.receive("ct_1", "one")
	first := r.relay
	r.start("hub_2")
	first.Alone, r.relay.Alone = false, false
	change, notices := follow(conv, "two")
	slow := first.Watch(&frozen{Store: r.store, thaw: func() {
		r.wait(orphanAge + time.Second)
		require.NoError(t, r.relay.Recover(ctx))
		require.Zero(t, r.intents(), "it was not made, as far as others can see")
	}})
	require.NoError(t, slow.Commit(ctx, []threads.Change{change})[0])
	require.NoError(t, first.Announce(ctx, append(notices, threads.Notice{Type: threads.NoticeConversationAssigned, At: r.clock(), Conversation: &change.Conversation})))
	r.work()
	require.Equal(t, []string{"conversation.created", "message.created one", "message.created two", "conversation.updated"}, r.heard(crm))
}

// frozen stands still before it makes a change.
type frozen struct {
	threads.Store
	thaw func()
}

func (f *frozen) Commit(ctx context.Context, changes []threads.Change) []error {
	f.thaw()
	return f.Store.Commit(ctx, changes)
}

func TestAnAnnouncementAndARecoveryAtOnceAreTheSameEvents(t *testing.T) {
	ctx := context.Background()
	r, first, second, notices, _ := stalled(t)
	// Its clock is behind: to it the change is young.
	first.Now = func() time.Time { return r.clock().Add(-orphanAge) }
	second.Spool = &meanwhile{Store: r.store, do: sync.OnceFunc(func() { require.NoError(t, first.Announce(ctx, notices)) })}
	require.NoError(t, second.Recover(ctx))
	r.work()
	require.Equal(t, []string{
		"conversation.created", "message.created one",
		"message.created two", "conversation.assigned", "conversation.updated",
	}, r.heard(crm))
}

// meanwhile does something after intents were read.
type meanwhile struct {
	spool.Store
	do func()
}

func (m *meanwhile) IntentsBefore(ctx context.Context, before time.Time, limit int) ([]spool.Intent, error) {
	list, err := m.Store.IntentsBefore(ctx, before, limit)
	m.do()
	return list, err
}

func TestAStoreThatCannotNoteAChangeDoesNotMakeIt(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.subscribe(crm)
	r.relay.Spool = failing{r.store}
	change, _ := conversation("ct_1", "hi", r.clock())
	require.ErrorIs(t, r.watched.Commit(ctx, []threads.Change{change})[0], errAway)
	require.ErrorIs(t, r.watched.SaveContact(ctx, threads.Contact{ID: "ct_1"}), errAway)
	_, err := r.store.Conversation(ctx, change.Conversation.ID)
	require.ErrorIs(t, err, threads.ErrNotFound)
}

var errAway = errors.New("the store is away")
