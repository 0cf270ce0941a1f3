package threads_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
)

// desk is a service over a real embedded store, a channel and a clock that the
// test moves.
type desk struct {
	*threads.Service
	t       *testing.T
	store   *sqlite.Store
	mu      sync.Mutex
	now     time.Time
	style   threads.Style
	away    bool
	gone    bool // the channel was deleted
	window  *normalize.Window
	notices []threads.Notice
	ids     int
}

const channel = threads.ChannelID("ch_1")

var bea = threads.Author{Type: threads.AuthorAgent, ID: "ag_bea", Name: "Bea"}

func newDesk(t *testing.T, style threads.Style) *desk {
	t.Helper()
	store, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	d := &desk{t: t, store: store, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), style: style}
	d.window = &normalize.Window{Open: 24 * time.Hour, After: []normalize.MessageType{normalize.TypeTemplate}}
	d.Service = threads.NewService(threads.Options{
		Store: store, Channels: d, Roster: d, Announce: d, Logger: slog.New(slog.DiscardHandler), Now: d.clock,
	})
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) wait(pause time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(pause)
}

func (d *desk) ChannelInfo(_ context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	if id != channel || d.gone {
		return threads.ChannelInfo{}, threads.ErrNotFound
	}
	return threads.ChannelInfo{ID: id, Kind: "test", Style: d.style, Enabled: true, Caps: normalize.Capabilities{
		Text: normalize.TextLimit{Max: 1000, Unit: normalize.Runes}, ReplyTo: true,
		Window: d.window, Templates: true,
	}}, nil
}

func (d *desk) Available(context.Context, threads.AgentID) (bool, error) { return !d.away, nil }

func (d *desk) Announce(_ context.Context, n []threads.Notice) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, n...)
	return nil
}

func (d *desk) heard(kind threads.NoticeType) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.notices {
		if x.Type == kind {
			n++
		}
	}
	return n
}

// text is a message of the customer ana, written and received now.
func (d *desk) text(text string) threads.Arrival {
	d.mu.Lock()
	d.ids++
	n := d.ids
	d.mu.Unlock()
	return d.message("ana", fmt.Sprintf("m%d", n), text, d.clock())
}

func (d *desk) message(from normalize.PeerID, id, text string, at time.Time) threads.Arrival {
	return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "msg:" + id, Type: normalize.EventMessage, Peer: normalize.Peer{ID: from, Name: "Ana"}, At: at,
		Message: &normalize.Message{ID: normalize.PlatformID(id), Type: normalize.TypeText, Text: text},
	}}
}

func (d *desk) take(arrivals ...threads.Arrival) {
	d.t.Helper()
	for _, err := range d.Ingest(context.Background(), arrivals) {
		require.NoError(d.t, err)
	}
}

func (d *desk) conversations() []threads.Conversation {
	d.t.Helper()
	list, _, err := d.store.Conversations(context.Background(), threads.Filter{Sort: threads.SortOldest}, threads.Page{Limit: 100})
	require.NoError(d.t, err)
	return list
}

func (d *desk) only() threads.Conversation {
	d.t.Helper()
	list := d.conversations()
	require.Len(d.t, list, 1)
	return list[0]
}

func (d *desk) texts(id threads.ConversationID) (out []string) {
	d.t.Helper()
	list, _, err := d.store.Messages(context.Background(), id, threads.MessagePage{Limit: 200})
	require.NoError(d.t, err)
	for _, m := range list {
		out = append(out, m.Content.Text)
	}
	return out
}

func (d *desk) set(id threads.ConversationID, s threads.Status) threads.Conversation {
	d.t.Helper()
	conv, err := d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Status: &s})
	require.NoError(d.t, err)
	return conv
}

func after(t *testing.T, name threads.StyleName, d time.Duration) threads.Style {
	t.Helper()
	s, err := threads.NewStyle(name, &d, "", "")
	require.NoError(t, err)
	return s
}

func TestTheSameEventAHundredTimesIsOneMessage(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	a := d.text("hello")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				d.Ingest(context.Background(), []threads.Arrival{a, a})
			}
		})
	}
	wg.Wait()
	require.Equal(t, []string{"hello"}, d.texts(d.only().ID))
	require.Equal(t, 1, d.only().MessageCount)
	require.Equal(t, 1, d.heard(threads.NoticeMessageCreated))
}

func TestFiftyFirstMessagesAtOnceAreOneConversation(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	var wg sync.WaitGroup
	for i := range 50 {
		a := d.text(fmt.Sprint(i))
		wg.Go(func() {
			for _, err := range d.Ingest(context.Background(), []threads.Arrival{a}) {
				require.NoError(t, err)
			}
		})
	}
	wg.Wait()
	conv := d.only()
	require.Equal(t, 50, conv.MessageCount)
	require.Len(t, d.texts(conv.ID), 50)
	require.Equal(t, 1, d.heard(threads.NoticeConversationCreated))
}

func TestMessagesAreReadInTheOrderTheyWereWritten(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	at := d.clock()
	d.wait(time.Minute)
	for _, n := range []int{3, 1, 2} {
		d.take(d.message("ana", fmt.Sprint(n), fmt.Sprint(n), at.Add(time.Duration(n)*time.Second)))
	}
	conv := d.only()
	require.Equal(t, []string{"1", "2", "3"}, d.texts(conv.ID))
	require.Equal(t, "3", conv.LastMessage.Text, "a late message is not the latest")
	d.take(d.message("ana", "far", "from tomorrow", d.clock().Add(24*time.Hour)))
	list, _, err := d.store.Messages(context.Background(), conv.ID, threads.MessagePage{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, d.clock(), list[3].SentAt, "a time in the future is the time of receipt")
}

func TestReturningCustomerReopensUntilTheWindowIsOver(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.LiveChatReturning, 3*time.Second))
	d.take(d.text("hello"))
	id := d.only().ID
	d.set(id, threads.StatusSolved)
	d.wait(time.Second)
	d.take(d.text("one more thing"))
	conv := d.only()
	require.Equal(t, threads.StatusOpen, conv.State.Status)
	require.Equal(t, 1, conv.State.ReopenCount)
	require.Equal(t, threads.AgentID("ag_bea"), conv.State.Assignee)

	d.wait(10 * time.Second)
	n, err := d.CloseDue(ctx, time.Time{}, 10)
	require.NoError(t, err)
	require.Zero(t, n, "the first countdown is void")

	d.set(id, threads.StatusSolved)
	d.wait(3 * time.Second)
	n, err = d.CloseDue(ctx, time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = d.CloseDue(ctx, time.Time{}, 10)
	require.NoError(t, err)
	require.Zero(t, n, "none closes twice")

	d.wait(time.Second)
	d.take(d.text("and another"))
	list := d.conversations()
	require.Len(t, list, 2)
	require.Equal(t, id, list[1].FollowUpOf)
	require.Equal(t, list[1].ID, list[0].State.Successor)
	require.Equal(t, []string{"and another"}, d.texts(list[1].ID))

	log, _, err := d.store.Transitions(ctx, id, threads.Page{Limit: 50})
	require.NoError(t, err)
	var causes []threads.Cause
	for _, tr := range log {
		causes = append(causes, tr.Cause)
	}
	require.Equal(t, []threads.Cause{
		threads.CauseCustomerMessage, threads.CauseAgent, threads.CauseReopened, threads.CauseAgent, threads.CauseWindowElapsed,
	}, causes)
}

func TestAMessageAfterTheWindowClosesWhatNobodyHasClosedYet(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.text("hello"))
	d.set(d.only().ID, threads.StatusSolved)
	d.wait(2 * time.Hour)
	d.take(d.text("a"), d.text("b"))
	list := d.conversations()
	require.Len(t, list, 2)
	require.Equal(t, threads.StatusClosed, list[0].State.Status)
	require.Equal(t, []string{"a", "b"}, d.texts(list[1].ID))
}

func TestAWebhookAcceptedBeforeTheCloseReopensThoughWorkedLater(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.text("hello"))
	id := d.only().ID
	solved := d.set(id, threads.StatusSolved)
	d.wait(time.Hour - time.Second)
	early := d.text("just in time")
	d.wait(time.Minute)

	n, err := d.CloseDue(context.Background(), early.ReceivedAt, 10)
	require.NoError(t, err)
	require.Zero(t, n, "the close waits for the backlog")
	n, err = d.CloseDue(context.Background(), solved.State.CloseDueAt, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n, "a webhook accepted at the due time does not hold it up")

	d.take(early)
	conv := d.only()
	require.Equal(t, threads.StatusOpen, conv.State.Status)
	require.Equal(t, id, conv.ID)
}

func TestSendingQueuesOneDeliveryAndTakesTheConversation(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.text("hello"))
	send := threads.SendCommand{
		Conversation: d.only().ID, Author: bea, ClientKey: "k1",
		Content: normalize.Message{Type: normalize.TypeText, Text: "hi"},
	}
	m, conv, err := d.Send(ctx, send)
	require.NoError(t, err)
	require.Equal(t, threads.MessageQueued, m.Status)
	require.Equal(t, threads.StatusOpen, conv.State.Status)
	require.Equal(t, threads.AgentID("ag_bea"), conv.State.Assignee)
	require.Zero(t, conv.UnreadCount)
	again, _, err := d.Send(ctx, send)
	require.NoError(t, err)
	require.Equal(t, m.ID, again.ID, "the same key is the same message")
	n, err := d.store.DeliveryBacklog(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	d.close(conv.ID)
	again, closed, err := d.Send(ctx, send)
	require.NoError(t, err)
	require.Equal(t, m.ID, again.ID, "also when it could no longer be sent")
	require.Equal(t, threads.StatusClosed, closed.State.Status)
}

// crowded is a store in which somebody else always changes the conversation
// while something is looked for, as when many messages come in at once.
type crowded struct {
	*sqlite.Store
	crowd func()
}

func (c crowded) Seen(ctx context.Context, ch threads.ChannelID, keys []threads.MessageKey) (map[threads.MessageKey]threads.MessageID, error) {
	c.crowd()
	return c.Store.Seen(ctx, ch, keys)
}

func TestAReplyIsFasterThanACrowdOfMessages(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.text("hello"))
	others := threads.NewService(threads.Options{
		Store: d.store, Channels: d, Roster: d, Announce: d, Logger: slog.New(slog.DiscardHandler), Now: d.clock,
	})
	d.Store = crowded{d.store, func() {
		require.NoError(t, others.Ingest(context.Background(), []threads.Arrival{d.text("and")})[0])
	}}
	conv := d.only()
	_, _, err := d.Send(context.Background(), threads.SendCommand{
		Conversation: conv.ID, Known: &conv, Author: bea, ClientKey: "k1",
		Content: normalize.Message{Type: normalize.TypeText, Text: "hi"},
	})
	require.NoError(t, err)
}

func TestSendingIsRefusedBeforeAnythingIsStored(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.LiveChatReturning, time.Second))
	d.take(d.text("hello"))
	id := d.only().ID
	refused := func(content normalize.Message) threads.RefusalCode {
		_, _, err := d.Send(ctx, threads.SendCommand{Conversation: id, Author: bea, Content: content})
		var r *threads.RefusedError
		require.ErrorAs(t, err, &r)
		require.NotEmpty(t, r.Detail)
		return r.Code
	}
	hi := normalize.Message{Type: normalize.TypeText, Text: "hi"}
	require.Equal(t, threads.RefusedUnsupported, refused(normalize.Message{Type: normalize.TypeText}))
	d.wait(25 * time.Hour)
	require.Equal(t, threads.RefusedWindow, refused(hi))
	d.take(d.text("back"))
	d.set(id, threads.StatusSolved)
	d.wait(time.Second)
	_, err := d.CloseDue(ctx, time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, threads.RefusedClosed, refused(hi))
	require.Equal(t, []string{"hello", "back"}, d.texts(id))
}

func TestAFollowUpOfAClosedConversationIsANewOne(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.LiveChatReturning, time.Second))
	d.take(d.text("hello"))
	id := d.only().ID
	d.set(id, threads.StatusSolved)
	d.wait(time.Second)
	_, err := d.CloseDue(ctx, time.Time{}, 10)
	require.NoError(t, err)
	_, conv, err := d.Start(ctx, threads.StartCommand{FollowUpOf: id, Send: threads.SendCommand{Author: bea, Content: normalize.Message{Type: normalize.TypeText, Text: "still there?"}}})
	require.NoError(t, err)
	require.Equal(t, id, conv.FollowUpOf)
	require.Equal(t, threads.StatusOpen, conv.State.Status)
	d.take(d.text("yes"))
	require.Equal(t, []string{"still there?", "yes"}, d.texts(conv.ID))
}

func TestAnEditOrReactionThatOvertakesItsMessageIsAppliedWhenItComes(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	edit := threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "edit:x:1", Type: normalize.EventEdit, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
		Edit: &normalize.Edit{Target: "x", Message: normalize.Message{Type: normalize.TypeText, Text: "corrected"}},
	}}
	d.take(edit)
	d.take(d.message("ana", "x", "wrogn", d.clock()))
	left, err := d.RetryParked(ctx, d.clock().Add(time.Second), d.clock().Add(-time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, []string{"corrected"}, d.texts(d.only().ID))
	require.Equal(t, 1, d.only().MessageCount)
	d.wait(time.Hour)
	d.take(threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "react:1", Type: normalize.EventReaction, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
		Reaction: &normalize.Reaction{Target: "nobody-knows", Emoji: "👍"},
	}})
	left, err = d.RetryParked(ctx, d.clock().Add(time.Second), d.clock().Add(time.Second), 10)
	require.NoError(t, err)
	require.Len(t, left, 1, "what never finds its message is handed back")
}

func TestAnEditOfAMessageNobodyKnowsStandsForIt(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	edit := func(key, target, text string) threads.Arrival {
		return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
			Key: key, Type: normalize.EventEdit, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
			Edit: &normalize.Edit{Target: normalize.PlatformID(target), Message: normalize.Message{Type: normalize.TypeText, Text: text}},
		}}
	}
	retry := func() {
		d.wait(10 * time.Second)
		left, err := d.RetryParked(ctx, d.clock(), d.clock().Add(-time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	d.take(edit("edit:1", "x", "as it is now"))
	retry()
	conv := d.only()
	require.Equal(t, []string{"as it is now"}, d.texts(conv.ID))
	d.take(d.message("ana", "x", "as it was", d.clock()))
	require.Equal(t, []string{"as it is now"}, d.texts(conv.ID), "the message itself, should it come after all")

	solved := d.set(conv.ID, threads.StatusSolved)
	d.take(edit("edit:2", "y", "another"))
	retry()
	conv = d.only()
	require.Equal(t, threads.StatusSolved, conv.State.Status, "an edit never reopens")
	require.Equal(t, solved.State.CloseDueAt, conv.State.CloseDueAt)
	require.Len(t, d.texts(conv.ID), 2)
}

func TestOneContactUnderSeveralNames(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	phone := d.text("by phone")
	phone.Event.Peer = normalize.Peer{ID: "55119"}
	both := d.text("by both")
	both.Event.Peer = normalize.Peer{ID: "BR.1", Aliases: []normalize.PeerID{"55119"}}
	scoped := d.text("by id alone")
	scoped.Event.Peer = normalize.Peer{ID: "BR.1"}
	d.take(phone)
	d.take(both)
	d.take(scoped)
	moved := d.text("by a new number")
	d.take(threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "id:1", Type: normalize.EventIdentity, Peer: normalize.Peer{ID: "55118"}, Identity: &normalize.Identity{Former: []normalize.PeerID{"55119"}},
	}})
	moved.Event.Peer = normalize.Peer{ID: "55118"}
	d.take(moved)
	require.Equal(t, []string{"by phone", "by both", "by id alone", "by a new number"}, d.texts(d.only().ID))
}
