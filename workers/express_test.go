package workers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// slow threads nothing before it is told to.
type slow struct {
	workers.Ingester
	begun chan struct{}
	on    chan struct{}
}

func (s slow) Ingest(ctx context.Context, arrivals []threads.Arrival) []error {
	if len(arrivals) == 0 {
		return nil
	}
	s.begun <- struct{}{}
	<-s.on
	return s.Ingester.Ingest(ctx, arrivals)
}

func TestAChannelThatCrowdsHoldsNoOtherBack(t *testing.T) {
	const flood = 100
	b := newBench(t)
	s := slow{b.inbound.Threads, make(chan struct{}, flood), make(chan struct{})}
	b.inbound.Threads = s
	for i := range flood {
		b.webhook(b.event(normalize.PeerID(fmt.Sprint("peer", i)), "me first"))
	}
	drained := make(chan error, 1)
	go func() { drained <- b.inbound.Drain(context.Background()) }()
	<-s.begun // all of them are in hand

	// One of another channel, which happens to be deleted: what becomes of it
	// is told without any threading.
	other := journal.Entry{ID: "ev_other", ChannelID: "ch_2", ReceivedAt: b.clock(), Method: http.MethodPost, Body: []byte("{}"), State: journal.Pending}
	ours := b.webhook(b.event("late", "and me"))
	require.NoError(t, b.store.Journal().Append(context.Background(), []journal.Entry{other}))
	require.Eventually(t, func() bool { return b.entry(other.ID).State == journal.Quarantined }, time.Minute, time.Millisecond)
	require.Equal(t, journal.Pending, b.entry(ours.ID).State, "the crowd's own wait")

	close(s.on)
	require.NoError(t, <-drained)
	require.Equal(t, flood+1, b.total())
}
