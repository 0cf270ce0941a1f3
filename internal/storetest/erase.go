package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// closed is a closed conversation of the contact, with a message, a line in the
// log and a run of a rule.
func (f *fixture) closed(contact threads.ContactID, key string) (threads.Conversation, threads.Message) {
	f.t.Helper()
	c := f.conversation(channelA, contact)
	m := f.message(&c, key)
	m.ExternalIDs = append(m.ExternalIDs, normalize.PlatformID("second-"+key))
	c.State.Status, c.Tags, c.Subject = threads.StatusClosed, []string{"vip"}, "About "+key
	c.State.SolvedAt, c.State.ClosedAt = start, start
	change := create(c, m)
	change.Transitions = []threads.Transition{{
		ID: string(c.ID) + "/1/0", ConversationID: c.ID, From: threads.StatusNew, To: threads.StatusClosed, At: start,
		Actor: threads.Author{Type: threads.AuthorContact, ID: string(contact), Name: "Ada Beispiel"}, Detail: "hello " + key,
	}}
	change.RuleRuns = []threads.RuleRun{f.run(c, "rl_1")}
	f.commit(change)
	return c, m
}

var eraseTests = []test{
	{"a contact that is dropped leaves no identity, and others alone", func(t *testing.T, f *fixture) {
		gone, kept := f.claimed(channelA, "p1"), f.claimed(channelA, "p2")
		more := gone
		more.Identities = []threads.Identity{{Channel: channelB, Peer: "p1b"}}
		_, err := f.s.Claim(f.ctx, more)
		require.NoError(t, err)
		require.NoError(t, f.s.DropContact(f.ctx, gone.ID))
		require.NoError(t, f.s.DropContact(f.ctx, gone.ID), "again")
		_, err = f.s.Contact(f.ctx, gone.ID)
		require.ErrorIs(t, err, threads.ErrNotFound)
		owners, err := f.s.Owners(f.ctx, []threads.Identity{gone.Identities[0], more.Identities[0], kept.Identities[0]})
		require.NoError(t, err)
		require.Equal(t, map[threads.Identity]threads.ContactID{kept.Identities[0]: kept.ID}, owners)
		next := f.contact(channelA, "p1")
		owners, err = f.s.Claim(f.ctx, next)
		require.NoError(t, err)
		require.Equal(t, next.ID, owners[next.Identities[0]], "who writes again is somebody new")
	}},
	{"a message that is erased is found by nothing the platform called it", func(t *testing.T, f *fixture) {
		_, m := f.closed("ct_1", "a")
		_, other := f.closed("ct_2", "b")
		left := m.Erased("ct_x", start)
		require.NoError(t, f.s.EraseMessages(f.ctx, []threads.Message{left}))
		require.ErrorIs(t, f.s.EraseMessages(f.ctx, []threads.Message{left}), threads.ErrConflict, "once")
		require.NoError(t, f.s.EraseMessages(f.ctx, nil))
		got, err := f.s.Message(f.ctx, m.ID)
		require.NoError(t, err)
		same(t, left, got)
		require.True(t, got.IsErased())
		found, err := f.s.MessagesByExternal(f.ctx, channelA, []normalize.PlatformID{"p-a", "second-a", "second-b"})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, other.ID, found["second-b"].ID)
		seen, err := f.s.Seen(f.ctx, channelA, []threads.MessageKey{m.Key, left.Key})
		require.NoError(t, err)
		require.Equal(t, map[threads.MessageKey]threads.MessageID{left.Key: m.ID}, seen)
	}},
	{"a log keeps what happened and not who, and rules leave nothing", func(t *testing.T, f *fixture) {
		c, _ := f.closed("ct_1", "a")
		kept, _ := f.closed("ct_2", "b")
		require.NoError(t, f.s.EraseLog(f.ctx, c.ID, func(l threads.Transition) threads.Transition { return l.Erased("ct_x") }))
		log, _, err := f.s.Transitions(f.ctx, c.ID, threads.Page{})
		require.NoError(t, err)
		require.Len(t, log, 1)
		require.Equal(t, threads.Author{Type: threads.AuthorContact, ID: "ct_x"}, log[0].Actor)
		require.Equal(t, []any{threads.StatusClosed, ""}, []any{log[0].To, log[0].Detail})
		for id, n := range map[threads.ConversationID]int{c.ID: 0, kept.ID: 1} {
			runs, _, err := f.s.RuleRuns(f.ctx, threads.RuleRunFilter{Conversation: id}, threads.Page{})
			require.NoError(t, err)
			require.Len(t, runs, n)
		}
	}},
	{"a conversation that is erased has another place, and its figures", func(t *testing.T, f *fixture) {
		c, _ := f.closed("ct_1", "a")
		f.read(c.ID)
		_, err := f.s.Current(f.ctx, []threads.Slot{c.Slot()})
		require.NoError(t, err)
		left := c.Erased("ct_x", start)
		require.NoError(t, f.s.EraseConversation(f.ctx, left))
		require.ErrorIs(t, f.s.EraseConversation(f.ctx, left), threads.ErrConflict, "once")
		same(t, left, f.read(c.ID))
		require.Empty(t, left.Subject+left.Contact.Name+string(left.Contact.ExternalID))
		now, err := f.s.Current(f.ctx, []threads.Slot{c.Slot()})
		require.NoError(t, err)
		require.Empty(t, now)
		for contact, n := range map[threads.ContactID]int{"ct_1": 0, "ct_x": 1} {
			list, _, err := f.s.Conversations(f.ctx, threads.Filter{Contacts: []threads.ContactID{contact}}, threads.Page{})
			require.NoError(t, err)
			require.Len(t, list, n, contact)
		}
		list, _, err := f.s.Conversations(f.ctx, threads.Filter{Query: "About"}, threads.Page{})
		require.NoError(t, err)
		require.Empty(t, list)
		counted := 0
		require.NoError(t, f.s.Figures(f.ctx, threads.Period{By: threads.ByCreated, From: start, To: start.Add(time.Hour)}, func(fig threads.Figures) error {
			counted++
			require.Equal(t, threads.ContactID("ct_x"), fig.Contact)
			return nil
		}))
		require.Equal(t, 1, counted)
		again := f.conversation(channelA, "ct_1")
		f.commit(create(again))
		same(t, again, f.read(again.ID))
	}},
	{"one that is not closed is not erased", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		require.ErrorIs(t, f.s.EraseConversation(f.ctx, c.Erased("ct_x", start)), threads.ErrConflict)
		same(t, c, f.read(c.ID))
	}},
	{"those who want no messages are listed, the newest first, page by page", func(t *testing.T, f *fixture) {
		var want []threads.ContactID
		for i, status := range []normalize.ConsentStatus{normalize.ConsentOptedOut, normalize.ConsentOptedIn, normalize.ConsentBlocked, normalize.ConsentOptedOut} {
			c := f.claimed(channelA, normalize.PeerID(fmt.Sprint("p", i)))
			c.Version, c.Consents = 2, map[string]normalize.ConsentStatus{"marketing": status}
			require.NoError(t, f.s.SaveContact(f.ctx, c))
			if status != normalize.ConsentOptedIn {
				want = append([]threads.ContactID{c.ID}, want...)
			}
		}
		back, err := f.s.Contact(f.ctx, want[1])
		require.NoError(t, err)
		all := func() (got []threads.ContactID) {
			var after threads.Cursor
			for page := 0; page == 0 || after != ""; page++ {
				list, next, err := f.s.OptedOut(f.ctx, threads.Page{After: after, Limit: 2})
				require.NoError(t, err)
				for _, c := range list {
					got = append(got, c.ID)
				}
				after = next
			}
			return got
		}
		require.Equal(t, want, all())
		back.Version, back.Consents = 3, map[string]normalize.ConsentStatus{"marketing": normalize.ConsentOptedIn}
		require.NoError(t, f.s.SaveContact(f.ctx, back))
		require.Equal(t, []threads.ContactID{want[0], want[2]}, all())
		_, _, err = f.s.OptedOut(f.ctx, threads.Page{After: "nonsense"})
		require.ErrorIs(t, err, threads.ErrCursor)
	}},
}
