package tokens_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/channels"
	"threadhub/threads"
)

// newSeason is a town whose channel has a pass that is good for 60 days.
func newSeason(t *testing.T) (*town, *process) {
	w, p := newTown(t, map[string]string{"pass": "season-pass-0"})
	w.change(func() { w.access, w.refresh, w.seasons = "season-pass-0", "season-pass-0", true })
	return w, p
}

func (w *town) asked() int {
	got, _ := w.counts()
	return got
}

// reissue has the pass that was handed out last be the one that is changed next.
func (w *town) reissue() { w.change(func() { w.refresh = w.access }) }

func TestALastingTokenIsUsedAndChangedInTime(t *testing.T) {
	w, p := newSeason(t)
	send := func() {
		t.Helper()
		_, err := p.send(t.Context())
		require.NoError(t, err)
	}
	send()
	w.advance(24 * time.Hour)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	require.Zero(t, w.asked(), "the platform refuses to change it on the first day")
	w.advance(2 * time.Hour)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	require.Equal(t, 1, w.asked())
	send()
	w.reissue()
	w.advance(49 * 24 * time.Hour)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	require.Equal(t, 1, w.asked())
	w.advance(2 * 24 * time.Hour)
	send()
	require.Equal(t, 2, w.asked(), "ten days before it ends")

	// Another process, or this one started anew, uses what was kept.
	other := w.start(t)
	_, err := other.send(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, w.asked())
	require.NotContains(t, w.log.String(), "season-pass")
	require.NotContains(t, w.log.String(), "access-token")
}

func TestALastingTokenThatIsNotChangedStaysInUse(t *testing.T) {
	w, p := newSeason(t)
	_, err := p.send(t.Context())
	require.NoError(t, err)
	w.change(func() {
		w.trouble = func(rw http.ResponseWriter) bool {
			rw.WriteHeader(http.StatusBadRequest)
			return true
		}
	})
	w.advance(26 * time.Hour)
	for range 10 {
		_, err = p.send(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 1, w.asked(), "it is asked for again in an hour")
	w.change(func() { w.trouble = nil })
	w.advance(61 * time.Minute)
	_, err = p.send(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, w.asked())
}

func TestALastingTokenThatEndedSuspendsTheChannel(t *testing.T) {
	w, p := newSeason(t)
	_, err := p.send(t.Context())
	require.NoError(t, err)
	w.change(func() { w.refresh = "somebody else's" })
	w.advance(26 * time.Hour)
	_, err = p.send(t.Context())
	noToken(t, err)
	require.Equal(t, channels.HealthSuspended, p.health(t).State)
}

func TestALastingTokenThatAnAdminReplacesBeginsAnew(t *testing.T) {
	w, p := newSeason(t)
	_, err := p.send(t.Context())
	require.NoError(t, err)
	w.advance(20 * time.Hour)
	_, err = p.registry.Update(t.Context(), threads.ChannelID(w.channel), channels.Change{Credentials: map[string]string{"pass": "season-pass-9"}})
	require.NoError(t, err)
	w.change(func() { w.refresh = "season-pass-9" })
	_, err = p.send(t.Context())
	require.NoError(t, err)
	w.advance(10 * time.Hour)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	require.Zero(t, w.asked(), "it is ten hours old")
	w.advance(16 * time.Hour)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	require.Equal(t, 1, w.asked())
}
