package webchat

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	widget "threadhub/connectors/webchat"
	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is one of several on the same store and clock.
func process(store directory.Store, keys *seal.Keyring, now func() time.Time) *Service {
	return &Service{
		Options: Options{Store: store, Keys: keys, Now: now}, signing: newSigningKeys(store, keys), spent: newSpent(store),
	}
}

func newKeys(t *testing.T) *seal.Keyring {
	t.Helper()
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	return keys
}

func TestProcessesAgreeOnTheSigningKeyAndATicketOpensOneStream(t *testing.T) {
	ctx := context.Background()
	store, keys := new(directory.Memory), newKeys(t)
	hubs := []*Service{process(store, keys, time.Now), process(store, keys, time.Now), process(store, keys, time.Now)}
	sess := Session{ID: "s-1", Channel: "ch_1", Visitor: widget.Visitor{ID: "vis_1", ExternalID: "ana", Name: "Ana", Locale: "pt"}}
	tokens := make([]string, len(hubs))
	var wg sync.WaitGroup
	for i, h := range hubs {
		wg.Go(func() {
			token, err := h.issue(ctx, useSession, sess, "", time.Now().Add(time.Hour))
			if err == nil {
				tokens[i] = token
			}
		})
	}
	wg.Wait()
	for _, token := range tokens {
		for _, h := range hubs {
			got, err := h.Authenticate(ctx, "ch_1", token)
			require.NoError(t, err)
			require.Equal(t, sess.Visitor, got.Visitor)
			_, err = h.Authenticate(ctx, "ch_2", token)
			require.ErrorIs(t, err, ErrToken)
			_, err = h.Redeem(ctx, "ch_1", token)
			require.ErrorIs(t, err, ErrTicket)
		}
	}
	ticket, _, err := hubs[0].Ticket(ctx, sess)
	require.NoError(t, err)
	_, err = hubs[1].Authenticate(ctx, "ch_1", ticket)
	require.ErrorIs(t, err, ErrToken)
	var opened atomic.Int32
	for i := range 30 {
		wg.Go(func() {
			if _, err := hubs[i%3].Redeem(ctx, "ch_1", ticket); err == nil {
				opened.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, opened.Load())
}

func TestTokensEnd(t *testing.T) {
	ctx := context.Background()
	now := began
	s := process(new(directory.Memory), newKeys(t), func() time.Time { return now })
	sess := Session{ID: "s-1", Channel: "ch_1", Visitor: widget.Visitor{ID: "vis_1"}}
	token, err := s.issue(ctx, useSession, sess, "", now.Add(sessionLife))
	require.NoError(t, err)
	ticket, _, err := s.Ticket(ctx, sess)
	require.NoError(t, err)
	now = now.Add(ticketLife + time.Second)
	_, err = s.Redeem(ctx, "ch_1", ticket)
	require.ErrorIs(t, err, ErrTicket)
	now = began.Add(sessionLife - time.Minute)
	_, err = s.Authenticate(ctx, "ch_1", token)
	require.NoError(t, err)
	now = began.Add(sessionLife + time.Second)
	_, err = s.Authenticate(ctx, "ch_1", token)
	require.ErrorIs(t, err, ErrToken)
}

func TestWhatIsSpentIsForgottenWhenItIsOverAnyway(t *testing.T) {
	ctx := context.Background()
	s := newSpent(new(directory.Memory))
	for id, until := range map[string]time.Time{"old": began, "young": began.Add(time.Hour)} {
		first, err := s.spend(ctx, spentSession, id, until)
		require.NoError(t, err)
		require.True(t, first)
	}
	require.NoError(t, s.forget(ctx, began.Add(time.Minute)))
	for id, want := range map[string]bool{"old": false, "young": true} {
		got, err := s.has(ctx, spentSession, id)
		require.NoError(t, err)
		require.Equal(t, want, got, id)
	}
}

func TestWhoSucceedsWhom(t *testing.T) {
	anonymous := Session{ID: "s-0", Visitor: widget.Visitor{ID: "vis_0", Name: "says Ana"}}
	ana := Session{ID: "s-1", Visitor: widget.Visitor{ID: "vis_1", ExternalID: "ana", Name: "Ana"}}
	for name, tt := range map[string]struct {
		before                   *Session
		who                      *widget.Identity
		sameSession, sameBrowser bool
		external, called         string
	}{
		"a first visit":                      {nil, nil, false, false, "", ""},
		"a first visit of a user":            {nil, &widget.Identity{ExternalID: "ana", Name: "Ana"}, false, false, "ana", "Ana"},
		"another visit":                      {&anonymous, nil, true, true, "", "says Ana"},
		"who is known now was not before":    {&anonymous, &widget.Identity{ExternalID: "ana"}, false, true, "ana", ""},
		"another visit of a user":            {&ana, &widget.Identity{ExternalID: "ana"}, true, true, "ana", "Ana"},
		"a user whose site says nothing now": {&ana, nil, true, true, "ana", "Ana"},
		"another user at the same browser":   {&ana, &widget.Identity{ExternalID: "rui", Name: "Rui"}, false, false, "rui", "Rui"},
	} {
		t.Run(name, func(t *testing.T) {
			got := succeed("ch_1", tt.before, tt.who)
			require.NotEmpty(t, got.ID)
			require.NotEmpty(t, got.Visitor.ID)
			require.Equal(t, tt.external, got.Visitor.ExternalID)
			require.Equal(t, tt.called, got.Visitor.Name)
			if tt.before != nil {
				require.Equal(t, tt.sameSession, got.ID == tt.before.ID)
				require.Equal(t, tt.sameBrowser, got.Visitor.ID == tt.before.Visitor.ID)
			}
		})
	}
}
