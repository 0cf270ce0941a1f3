package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

func TestASolvedConversationTakesAStyleTogetherWithWhatElseIsAsked(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		status threads.Status
		want   threads.Status
	}{
		"solved as it is": {threads.StatusSolved, threads.StatusClosed},
		"opened again":    {threads.StatusOpen, threads.StatusOpen},
		"pending":         {threads.StatusPending, threads.StatusPending},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
			d.take(d.text("hello"))
			id := d.set(d.only().ID, threads.StatusSolved).ID
			style, assignee := after(t, threads.LiveChat, 0), threads.AgentID(bea.ID)
			conv, err := d.Update(ctx, id, threads.UpdateCommand{Actor: bea, Style: &style, Status: &c.status, Assignee: &assignee})
			require.NoError(t, err)
			require.Equal(t, c.want, conv.State.Status)
			require.Equal(t, threads.LiveChat, conv.State.Style)
			require.Equal(t, assignee, conv.State.Assignee)
		})
	}
}
