package simulate

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlatformsRepeatWhatIsNotAccepted(t *testing.T) {
	for name, tc := range map[string]struct {
		kind   string
		header http.Header
		first  []time.Duration // pauses between the first tries
		status int
	}{
		"Telegram waits longer and longer": {
			kind: "telegram", status: 503,
			first: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 90 * time.Second, 90 * time.Second},
		},
		"Telegram obeys Retry-After": {
			kind: "telegram", status: 429, header: http.Header{"Retry-After": {"50"}},
			first: []time.Duration{50 * time.Second, 50 * time.Second},
		},
		"Telegram does not follow a redirect": {
			kind: "telegram", status: 302, header: http.Header{"Location": {"http://elsewhere/"}},
			first: []time.Duration{time.Second, 2 * time.Second},
		},
		"WhatsApp repeats at once, then less and less often": {
			kind: "whatsapp", status: 500, header: http.Header{"Retry-After": {"50"}},
			first: []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hub := &ledger{status: tc.status, header: tc.header}
				p := newPost(&http.Client{Transport: served(hub)}, NewServer(ServerConfig{}).cfg.Log)
				platform := openPlatform(t, tc.kind)
				hook, _, ok := platform.Webhook(Act{Kind: Say, By: Cast()[0], At: time.Now(), Text: "hi"})
				require.True(t, ok)
				after, err := p.once(t.Context(), "http://hub/x", hook)
				require.ErrorIs(t, err, errRefused)
				began := time.Now()
				require.ErrorIs(t, p.repeat(t.Context(), "http://hub/x", hook, platform.Retries(), after), errRefused)
				require.Less(t, time.Since(began), platform.Retries().GiveUp)
				require.Greater(t, time.Since(began), platform.Retries().GiveUp-time.Hour)
				var pauses []time.Duration
				for i := range tc.first {
					pauses = append(pauses, hub.times[i+1].Sub(hub.times[i]))
				}
				require.Equal(t, tc.first, pauses)
				require.Equal(t, Counts{Repeated: int64(len(hub.times) - 1), Dropped: 1}, p.counts())
			})
		})
	}
}

func TestRepeatingEndsWithTheTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(&http.Client{Transport: served(&ledger{status: 500})}, NewServer(ServerConfig{}).cfg.Log)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := p.repeat(ctx, "http://hub/x", Webhook{}, Retries{First: time.Second, Max: time.Hour, GiveUp: 24 * time.Hour}, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
