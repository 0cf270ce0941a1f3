package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// ends is the customer ana ending the session, now.
func (d *desk) ends() threads.Arrival {
	return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "end:ana/1", Type: normalize.EventEnded, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
	}}
}

func TestACustomerWhoEndsTheSessionBeginsAnewWithTheNextMessage(t *testing.T) {
	for name, together := range map[string]bool{"worked one by one": false, "worked in one batch": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, after(t, threads.SocialMessaging, 96*time.Hour))
			first := d.text("first subject")
			d.wait(time.Second)
			end := d.ends()
			d.wait(time.Second)
			second := d.text("second subject")
			if together {
				d.take(first, end, second)
			} else {
				d.take(first)
				d.take(end)
				require.Equal(t, threads.SessionEnded, d.only().State.Session)
				require.Equal(t, threads.StatusNew, d.only().State.Status, "the status stays")
				d.take(end)
				d.take(second)
			}
			list := d.conversations()
			require.Len(t, list, 2)
			require.Equal(t, []string{"first subject"}, d.texts(list[0].ID))
			require.Equal(t, []string{"second subject"}, d.texts(list[1].ID))
			require.Equal(t, list[0].ID, list[1].FollowUpOf)
			log, _, err := d.store.Transitions(context.Background(), list[0].ID, threads.Page{Limit: 10})
			require.NoError(t, err)
			require.Equal(t, threads.CauseEndSession, log[1].Cause)
			require.Equal(t, threads.AuthorContact, log[1].Actor.Type)
		})
	}
}

func TestAnEndThatIsHeardLateEndsNothingNew(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, 96*time.Hour))
	d.take(d.text("one"))
	end := d.ends()
	d.wait(time.Second)
	d.take(d.text("two"))
	d.take(end)
	require.Equal(t, threads.SessionActive, d.only().State.Session)
}

func TestAnEndOfNobodyKnownIsNothing(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, 96*time.Hour))
	d.take(d.ends())
	require.Empty(t, d.conversations())
	list, _, err := d.store.Contacts(context.Background(), "", threads.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list, "no contact is made for it")
}
