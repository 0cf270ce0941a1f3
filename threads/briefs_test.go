package threads_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func rename(name string) func(*threads.Contact) bool {
	return func(c *threads.Contact) bool {
		changed := c.Name != name
		c.Name = name
		return changed
	}
}

func TestALookupFillsWhatIsMissingAndReplacesOnlyItsOwn(t *testing.T) {
	type want struct{ name, phone string }
	for name, c := range map[string]struct {
		person threads.Contact
		first  *normalize.Peer
		second *normalize.Peer
		want   want
	}{
		"a name of a message stays":          {first: &normalize.Peer{Name: "Ana B", Phone: "+1"}, want: want{"Ana", "+1"}},
		"a later answer replaces an earlier": {first: &normalize.Peer{Phone: "+1"}, second: &normalize.Peer{Phone: "+2"}, want: want{"Ana", "+2"}},
		"nothing told takes nothing away":    {first: &normalize.Peer{Phone: "+1"}, want: want{"Ana", "+1"}},
		"what a person gave stays":           {person: threads.Contact{Name: "Dr. Quill", Phone: "+9"}, first: &normalize.Peer{Name: "Ana B", Phone: "+1"}, want: want{"Dr. Quill", "+9"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			d := newDesk(t, after(t, threads.SocialMessaging, 24*time.Hour))
			d.take(d.text("hello"))
			id := d.only().Contact.ID
			if c.person.Name != "" {
				_, err := d.EditContact(ctx, id, func(now *threads.Contact) bool {
					now.Name, now.Phone = c.person.Name, c.person.Phone
					return true
				})
				require.NoError(t, err)
			}
			require.NoError(t, d.Profiled(ctx, id, c.first))
			require.NoError(t, d.Profiled(ctx, id, c.second))
			got, err := d.store.Contact(ctx, id)
			require.NoError(t, err)
			require.Equal(t, c.want, want{got.Name, got.Phone})
			require.Equal(t, d.clock(), got.Lookup.At)
		})
	}
}

func TestWhoeverRenamesLastIsShownWhateverTheOrder(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, 24*time.Hour))
	d.take(d.text("hello"))
	before := d.only()
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			_, err := d.EditContact(ctx, before.Contact.ID, rename(fmt.Sprint("name ", n)))
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { _ = d.Ingest(ctx, []threads.Arrival{d.text("meanwhile")}) })
	}
	wg.Wait()
	contact, err := d.store.Contact(ctx, before.Contact.ID)
	require.NoError(t, err)
	require.Equal(t, contact.Name, d.only().Contact.Name)
	require.True(t, d.only().Contact.Named)
}

func TestANewNameLeavesAConversationItsPlaceInLists(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, 24*time.Hour))
	d.take(d.text("hello"))
	before := d.only()
	d.wait(time.Hour)
	heard := d.heard(threads.NoticeConversationUpdated)
	_, err := d.EditContact(ctx, before.Contact.ID, rename("Dr. Quill"))
	require.NoError(t, err)
	require.Equal(t, before.UpdatedAt, d.only().UpdatedAt)
	require.Equal(t, heard+1, d.heard(threads.NoticeConversationUpdated))
	require.Equal(t, 1, d.heard(threads.NoticeContactUpdated))

	_, err = d.EditContact(ctx, before.Contact.ID, rename(""))
	require.NoError(t, err)
	d.take(d.text("again"))
	require.Equal(t, "Ana", d.only().Contact.Name, "a name that was emptied is the platform's again")
}
