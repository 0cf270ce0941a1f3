package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func (d *desk) consents(status normalize.ConsentStatus, category string) threads.Arrival {
	return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "con:" + string(status) + category, Type: normalize.EventConsent, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
		Consent: &normalize.Consent{Status: status, Category: category},
	}}
}

func (d *desk) consent() map[string]normalize.ConsentStatus {
	d.t.Helper()
	list, _, err := d.store.Contacts(context.Background(), "", threads.Page{Limit: 10})
	require.NoError(d.t, err)
	require.Len(d.t, list, 1)
	return list[0].Consents
}

type consents = map[string]normalize.ConsentStatus

func TestWhoeverWritesHasNotBlockedUs(t *testing.T) {
	style := func(t *testing.T) threads.Style { return after(t, threads.LiveChat, 0) }
	t.Run("within a conversation", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.text("hello"))
		d.take(d.consents(normalize.ConsentBlocked, ""))
		require.Equal(t, consents{"": normalize.ConsentBlocked}, d.consent())
		require.False(t, d.only().Contact.BlockedAt.IsZero())
		d.wait(time.Second)
		d.take(d.text("it was a mistake"))
		require.Equal(t, consents{"": normalize.ConsentUnblocked}, d.consent())
		require.True(t, d.only().Contact.BlockedAt.IsZero())
	})
	t.Run("with the next conversation", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.text("hello"))
		d.take(d.consents(normalize.ConsentBlocked, ""))
		d.set(d.only().ID, threads.StatusSolved)
		d.wait(time.Second)
		d.take(d.text("hello again"))
		require.Equal(t, consents{"": normalize.ConsentUnblocked}, d.consent())
	})
	t.Run("with the first conversation", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.consents(normalize.ConsentBlocked, ""))
		d.wait(time.Second)
		d.take(d.text("hello"))
		require.Equal(t, consents{"": normalize.ConsentUnblocked}, d.consent())
	})
	t.Run("but not by what was written before", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.text("hello"))
		late := d.text("late")
		d.wait(time.Second)
		d.take(d.consents(normalize.ConsentBlocked, ""))
		d.take(late)
		require.Equal(t, consents{"": normalize.ConsentBlocked}, d.consent())
		d.set(d.only().ID, threads.StatusSolved)
		later := late
		later.Event.Key, later.Event.Message.ID, later.ReceivedAt = "msg:later", "later", d.clock()
		d.take(later)
		require.Equal(t, consents{"": normalize.ConsentBlocked}, d.consent(), "also when it begins another conversation")
	})
	t.Run("and what they opted out of stays", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.text("hello"))
		d.take(d.consents(normalize.ConsentOptedOut, "marketing"))
		d.wait(time.Second)
		d.take(d.text("where is my order?"))
		require.Equal(t, consents{"marketing": normalize.ConsentOptedOut}, d.consent())
	})
	t.Run("an unblock that the platform tells is enough", func(t *testing.T) {
		d := newDesk(t, style(t))
		d.take(d.text("hello"))
		d.take(d.consents(normalize.ConsentBlocked, ""))
		d.take(d.consents(normalize.ConsentUnblocked, ""))
		require.True(t, d.only().Contact.BlockedAt.IsZero())
	})
}
