package workers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestAFileThatCannotBeHadFailsItsMessageAndNoOther(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		ends   threads.MessageStatus
		says   string
	}{
		"that is gone":               {http.StatusNotFound, "", threads.MessageFailed, "give an address that anybody can fetch"},
		"that is too large":          {http.StatusOK, "eleven byte", threads.MessageFailed, "send a smaller one"},
		"whose server has a bad day": {http.StatusBadGateway, "", threads.MessageQueued, "502"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			t.Cleanup(source.Close)
			conv := b.conversation("ana")
			b.file = source.URL + "/a.png"
			id := b.send(conv, "look")
			b.deliver()
			m := b.message(id)
			require.Equal(t, tt.ends, m.Status)
			require.Contains(t, m.Error.Message, tt.says)
			require.Empty(t, b.platform.texts(), "the platform has seen nothing, so the outcome is known")
			require.Equal(t, tt.ends == threads.MessageFailed, b.backlog() == 0)

			b.file = ""
			b.wait(time.Minute)
			next := b.send(conv, "text")
			b.deliver()
			b.deliver()
			require.Equal(t, threads.MessageSent, b.message(next).Status)
		})
	}
}

// tokenless is a carrier whose channel has no token.
type tokenless struct {
	*egress.Client
	err error
}

func (c tokenless) Do(context.Context, egress.Target, *connectors.Call) (*connectors.Response, error) {
	return nil, c.err
}

func TestAMessageWaitsForATokenAndUsesUpNoAttempt(t *testing.T) {
	b := newBench(t)
	conv := b.conversation("ana")
	b.outbound.Carrier = tokenless{b.carrier, &tokens.Error{Outcome: connectors.Outcome{
		Verdict: connectors.Wait, After: 20 * time.Second, Failure: &normalize.Failure{Reason: normalize.ReasonUnavailable, Message: "not now"},
	}}}
	id := b.send(conv, "hi")
	for range 3 {
		b.deliver()
	}
	require.Equal(t, threads.MessageQueued, b.message(id).Status)
	b.outbound.Carrier = b.carrier
	b.wait(20 * time.Second)
	b.deliver()
	require.Equal(t, threads.MessageSent, b.message(id).Status)
	require.Equal(t, []string{"hi"}, b.platform.texts())
}

func TestATokenThatIsRefusedSuspendsTheChannelAndKeepsTheMessage(t *testing.T) {
	b := newBench(t)
	conv := b.conversation("ana")
	b.outbound.Carrier = tokenless{b.carrier, &tokens.Error{Outcome: connectors.Outcome{
		Verdict: connectors.Suspend, Failure: &normalize.Failure{Reason: normalize.ReasonAuth, Message: "dead"},
	}}}
	id := b.send(conv, "hi")
	b.deliver()
	require.Equal(t, threads.MessageQueued, b.message(id).Status)
	require.Equal(t, channels.HealthSuspended, b.health)
	require.Equal(t, 1, b.backlog())
}
