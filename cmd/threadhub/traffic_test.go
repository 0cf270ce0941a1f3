package main_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/chaos"
)

// traffic is what platforms and agents do while hubs come and go, and the
// ledger of what they were promised.
type traffic struct {
	*chaos.Traffic
	t        *testing.T
	platform *chaos.Platform
}

// newTraffic registers a Telegram and a WhatsApp channel and an agent at the
// hub. Calls to their platforms are out for the pause.
func newTraffic(h *hub, pause time.Duration, rnd *rand.Rand, contacts int) *traffic {
	h.t.Helper()
	p, err := chaos.NewPlatform()
	require.NoError(h.t, err)
	h.t.Cleanup(p.Close)
	p.Script(chaos.Faultless, pause)
	f, err := chaos.NewTraffic(h.t.Context(), chaos.Plan{Hub: h.Hub, Platform: p, Seed: rnd.Uint64(), Contacts: contacts})
	require.NoError(h.t, err)
	return &traffic{f, h.t, p}
}

// begin sends so many webhooks and replies a second until End; half as many to
// a hub that the race detector slows down.
func (f *traffic) begin(webhooks, replies int) {
	if raceDetector {
		webhooks, replies = (webhooks+1)/2, (replies+1)/2
	}
	f.Begin(webhooks, replies)
}

// reconcile waits until everything promised is in the books, at most so long,
// and compares the ledgers.
func (f *traffic) reconcile(t *testing.T, within time.Duration) chaos.Books {
	t.Helper()
	require.Empty(t, f.Faults(), "what platforms and agents met")
	require.NoError(t, f.Busy())
	books, differences, took, err := f.Reconcile(t.Context(), within)
	require.NoError(t, err)
	t.Log(f.Summary(books))
	require.Empty(t, differences, "differences between the ledgers after %s", took.Round(time.Second))
	return books
}
