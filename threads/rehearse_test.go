package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
)

// forgetful is a store from which every contact was deleted.
type forgetful struct{ *sqlite.Store }

func (forgetful) Contact(context.Context, threads.ContactID) (threads.Contact, error) {
	return threads.Contact{}, threads.ErrNotFound
}

func TestNobodyWritesToAContactThatWasDeleted(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.take(d.text("hello"))
	id := d.only().ID
	d.close(id)
	d.Store = forgetful{d.store}
	cmd := threads.SendCommand{Conversation: id, Author: bea, Content: normalize.Message{Type: normalize.TypeText, Text: "hi"}}
	var refused *threads.RefusedError
	_, _, err := d.Send(ctx, cmd)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, threads.RefusedContact, refused.Code)
	_, err = d.Rehearse(ctx, cmd)
	require.ErrorAs(t, err, &refused)
	cmd.Conversation, cmd.Bulk = id, true
	_, _, err = d.Send(ctx, cmd)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, threads.RefusedContact, refused.Code)
}
