package threads_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// patient is a style with a ladder: reminders after 5 and 10 minutes, solved
// after 15.
func patient(t *testing.T) threads.Style {
	t.Helper()
	s := after(t, threads.SocialMessaging, time.Hour)
	s.Presence.InactiveAfter = 5 * time.Minute
	s.Presence.Ladder = threads.Ladder{
		RemindAfter: 5 * time.Minute, RemindText: "Are you still there?", AgainAfter: 10 * time.Minute, AgainText: "We close this soon.",
		ThenAfter: 15 * time.Minute, Then: threads.StatusSolved,
	}
	require.NoError(t, s.Presence.Validate())
	return s
}

// silence carries out what is due and answers of how many conversations.
func (d *desk) silence() int {
	d.t.Helper()
	n, err := d.SilenceDue(context.Background(), time.Time{}, 100)
	require.NoError(d.t, err)
	return n
}

func (d *desk) log(id threads.ConversationID) []threads.Transition {
	d.t.Helper()
	log, _, err := d.store.Transitions(context.Background(), id, threads.Page{Limit: 100})
	require.NoError(d.t, err)
	return log
}

// news is the log without what a conversation begins with, in short.
func (d *desk) news(id threads.ConversationID) (out []string) {
	d.t.Helper()
	for _, l := range d.log(id)[1:] {
		line := string(l.Cause) + " by " + string(l.Actor.Type)
		if l.Moved() {
			line += fmt.Sprintf(": %s to %s", l.From, l.To)
		}
		if l.SessionTo != "" {
			line += fmt.Sprintf(": %s to %s", l.SessionFrom, l.SessionTo)
		}
		if l.Detail != "" {
			line += ": " + l.Detail
		}
		out = append(out, line)
	}
	return out
}

func TestSilenceIsCarriedOutStepByStepAndLogged(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, patient(t))
	d.take(d.text("hello"))
	id := d.only().ID
	d.say(id, "How can I help?", false)
	replies := d.only().Metrics.Replies
	next, err := d.store.NextSilent(ctx)
	require.NoError(t, err)
	require.Equal(t, d.clock().Add(5*time.Minute), next)
	require.Zero(t, d.silence())

	d.wait(5 * time.Minute)
	updates := d.heard(threads.NoticeConversationUpdated)
	require.Equal(t, 1, d.silence())
	require.Zero(t, d.silence(), "once")
	conv := d.only()
	require.Equal(t, threads.SessionInactive, conv.State.Session)
	require.Greater(t, d.heard(threads.NoticeConversationUpdated), updates, "listeners hear of the session")
	d.wait(5 * time.Minute)
	require.Equal(t, 1, d.silence())
	d.wait(5 * time.Minute)
	require.Equal(t, 1, d.silence())

	conv = d.only()
	require.Equal(t, threads.StatusSolved, conv.State.Status)
	require.Equal(t, d.clock().Add(time.Hour), conv.State.CloseDueAt)
	require.Equal(t, []string{"hello", "How can I help?", "Are you still there?", "We close this soon."}, d.texts(id))
	require.Equal(t, replies, conv.Metrics.Replies, "reminders are no replies")
	require.Equal(t, []string{
		"agent_reply by agent: new to open", "inactive by system: active to inactive", "reminder by system", "reminder by system",
		"no_answer by system: open to solved",
	}, d.news(id))
	n, err := d.store.DeliveryBacklog(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, n, "the reminders go through the outbox")
	list, _, err := d.store.Messages(ctx, id, threads.MessagePage{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, threads.Author{Type: threads.AuthorSystem}, list[2].Author)
	claimed, err := d.store.ClaimDeliveries(ctx, "w", d.clock(), time.Minute, workers.Room{All: 1})
	require.NoError(t, err)
	require.False(t, claimed[0].NotAfter.IsZero(), "an agent's message is held to the reply window as well")
	next, err = d.store.NextSilent(ctx)
	require.NoError(t, err)
	require.Zero(t, next)
}

func TestManyWorkersCarryEachStepOutOnce(t *testing.T) {
	d := newDesk(t, patient(t))
	const contacts = 12
	for i := range contacts {
		d.take(d.message(normalize.PeerID(fmt.Sprint("peer", i)), fmt.Sprint("first", i), "hello", d.clock()))
	}
	for _, c := range d.conversations() {
		d.say(c.ID, "How can I help?", false)
	}
	for range 3 {
		d.wait(5 * time.Minute)
		var all sync.WaitGroup
		var done atomic.Int64
		for range 6 {
			all.Go(func() {
				for range 4 {
					n, err := d.SilenceDue(context.Background(), time.Time{}, 5)
					require.NoError(t, err)
					done.Add(int64(n))
				}
			})
		}
		all.Wait()
		for d.silence() > 0 {
			done.Add(1) // what lost every race
		}
	}
	for _, c := range d.conversations() {
		require.Equal(t, []string{"hello", "How can I help?", "Are you still there?", "We close this soon."}, d.texts(c.ID))
		require.Equal(t, threads.StatusSolved, c.State.Status)
		require.Len(t, d.news(c.ID), 5)
	}
}

func TestACustomerWhoWritesBreaksTheSilence(t *testing.T) {
	d := newDesk(t, patient(t))
	d.take(d.text("hello"))
	id := d.only().ID
	d.say(id, "How can I help?", false)
	d.wait(4 * time.Minute)
	early := d.text("let me see")
	d.wait(2 * time.Minute)
	n, err := d.SilenceDue(context.Background(), early.ReceivedAt, 10)
	require.NoError(t, err)
	require.Zero(t, n, "what the hub accepted meanwhile is looked at first")
	d.take(early)
	require.Zero(t, d.silence(), "no reminder")
	conv := d.only()
	require.Equal(t, threads.SessionActive, conv.State.Session)
	require.Equal(t, early.ReceivedAt.Add(5*time.Minute), conv.State.WakeAt())
}

func TestNoReminderLeavesOutsideTheReplyWindow(t *testing.T) {
	t.Run("one that comes due outside is left out, and its log says why", func(t *testing.T) {
		late := patient(t)
		late.Presence.Ladder.AgainAfter, late.Presence.Ladder.ThenAfter = 25*time.Hour, 26*time.Hour
		d := newDesk(t, late)
		d.take(d.text("hello"))
		id := d.only().ID
		d.say(id, "How can I help?", false)
		for range 27 {
			d.wait(time.Hour)
			d.silence()
		}
		require.Equal(t, []string{"hello", "How can I help?", "Are you still there?"}, d.texts(id))
		require.Contains(t, d.news(id)[3], "reminder by system: not sent: the platform takes no free message")
		require.Equal(t, threads.StatusSolved, d.only().State.Status)
	})
	t.Run("nothing is sent on a channel that was deleted, and nothing gets stuck", func(t *testing.T) {
		d := newDesk(t, patient(t))
		d.take(d.text("hello"))
		id := d.only().ID
		d.say(id, "How can I help?", false)
		d.gone = true
		for range 3 {
			d.wait(5 * time.Minute)
			require.Equal(t, 1, d.silence())
		}
		require.Equal(t, []string{"hello", "How can I help?"}, d.texts(id))
		require.Equal(t, threads.StatusSolved, d.only().State.Status)
	})
}

func TestMessagesToAnEndedSessionBeginOneNewConversation(t *testing.T) {
	ctx := context.Background()
	for round := range 10 {
		d := newDesk(t, patient(t))
		d.take(d.text("hello"))
		id := d.only().ID
		d.say(id, "How can I help?", false)
		conv, err := d.EndSession(ctx, id, threads.Author{Type: threads.AuthorContact, ID: string(d.only().Contact.ID)})
		require.NoError(t, err)
		require.Equal(t, threads.StatusOpen, conv.State.Status, "the status stays")
		again, err := d.EndSession(ctx, id, bea)
		require.NoError(t, err)
		require.Equal(t, conv.Version, again.Version, "ending it again changes nothing")

		// Messages, agents and timers, all at once.
		var all sync.WaitGroup
		const messages = 8
		for i := range messages {
			a := d.text(fmt.Sprint("new subject ", i))
			all.Go(func() {
				for _, err := range d.Ingest(ctx, []threads.Arrival{a}) {
					require.NoError(t, err)
				}
			})
		}
		all.Go(func() { _, _ = d.EndSession(ctx, id, bea) })
		all.Go(func() { _, _ = d.SilenceDue(ctx, time.Time{}, 10) })
		all.Wait()
		list := d.conversations()
		require.Lenf(t, list, 2, "round %d", round)
		require.Equal(t, threads.StatusClosed, list[0].State.Status)
		require.Equal(t, list[1].ID, list[0].State.Successor)
		require.Equal(t, id, list[1].FollowUpOf)
		require.Equal(t, messages, list[1].MessageCount)
		require.Equal(t, threads.SessionActive, list[1].State.Session)
		require.Equal(t, []string{
			"agent_reply by agent: new to open", "session_ended by contact: active to ended", "session_ended by contact: open to closed",
		}, d.news(id))
	}
}

func TestAConversationKeepsItsSettingsWhenItsChannelGetsAnotherStyle(t *testing.T) {
	d := newDesk(t, patient(t))
	d.take(d.text("hello"))
	id := d.only().ID
	d.style = after(t, threads.LiveChatReturning, time.Minute)
	d.take(d.text("are you there?"))
	require.Equal(t, patient(t).Presence, d.only().State.Presence)
	solved := d.set(id, threads.StatusSolved)
	require.Equal(t, d.clock().Add(time.Hour), solved.State.CloseDueAt)
}

func TestRunningCountdownsMoveToTodaysSettingsPageByPage(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	for i := range 5 {
		d.take(d.message(normalize.PeerID(fmt.Sprint("peer", i)), fmt.Sprint("first", i), "hello", d.clock()))
		d.wait(time.Minute)
	}
	for _, c := range d.conversations() {
		d.set(c.ID, threads.StatusSolved)
		d.wait(10 * time.Minute)
	}
	first := d.conversations()[0]
	d.style = after(t, threads.SocialMessaging, 45*time.Minute)
	require.Equal(t, first.State.SolvedAt.Add(time.Hour), d.conversations()[0].State.CloseDueAt, "a change of settings moves nothing by itself")

	admin := threads.Author{Type: threads.AuthorAgent, ID: "ag_admin"}
	var sum threads.RecountResult
	var pages int
	cmd := threads.RecountCommand{Actor: admin, Page: threads.Page{Limit: 2}}
	for {
		got, err := d.Recount(ctx, cmd)
		require.NoError(t, err)
		sum.Examined, sum.Moved, sum.Closed, pages = sum.Examined+got.Examined, sum.Moved+got.Moved, sum.Closed+got.Closed, pages+1
		if got.Next == "" {
			break
		}
		cmd.Page.After = got.Next
	}
	require.Equal(t, threads.RecountResult{Examined: 5, Moved: 4, Closed: 1}, sum)
	require.Equal(t, 3, pages)
	require.Equal(t, []string{
		"agent by agent: new to solved", "settings_applied by agent: it would have closed at " + first.State.CloseDueAt.Format(time.RFC3339Nano),
		"settings_applied by agent: solved to closed",
	}, d.news(first.ID))
	for _, c := range d.conversations()[1:] {
		require.Equal(t, c.State.SolvedAt.Add(45*time.Minute), c.State.CloseDueAt)
		require.Equal(t, "ag_admin", d.log(c.ID)[2].Actor.ID)
	}
	again, err := d.Recount(ctx, threads.RecountCommand{Actor: admin, Page: threads.Page{Limit: 10}})
	require.NoError(t, err)
	require.Equal(t, threads.RecountResult{Examined: 4}, again, "doing it again changes nothing")
	none, err := d.Recount(ctx, threads.RecountCommand{Actor: admin, Styles: []threads.StyleName{threads.LiveChatReturning}, Page: threads.Page{Limit: 10}})
	require.NoError(t, err)
	require.Zero(t, none)
}
