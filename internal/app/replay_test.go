package app_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/journal"
)

func TestWhatIsReplayedIsThereOnce(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	for _, text := range []string{"one", "two", "three"} {
		require.Equal(t, http.StatusOK, h.tg(ch, update(7, text)))
	}
	id := h.one(ch)["id"]
	h.eventually("three messages", func() bool { return len(h.messages(id)) == 3 })
	h.eventually("worked", settledOf(h, ch))
	again := object{"results": []string{"done", "quarantined"}}
	require.EqualValues(t, 3, h.must(http.StatusAccepted, http.MethodPost, "/v1/channels/"+ch+"/replay", again, adminToken)["replayed"])
	h.eventually("worked again", settledOf(h, ch))
	require.Len(t, h.messages(id), 3)
	require.NoError(t, h.stop())

	both := []journal.State{journal.Done, journal.Quarantined}
	for range 2 {
		n, err := app.Replay(context.Background(), cfg, "", journal.Replay{States: both})
		require.NoError(t, err)
		require.LessOrEqual(t, n, 3)
	}
	_, err := app.Replay(context.Background(), cfg, "ch_nope", journal.Replay{States: both})
	require.ErrorContains(t, err, "there is no channel ch_nope")
	h = startHub(t, cfg)
	h.eventually("worked again", settledOf(h, ch))
	require.Len(t, h.conversations(ch), 1)
	require.Len(t, h.messages(id), 3)
}

func settledOf(h *hub, ch string) func() bool {
	return func() bool {
		for _, e := range h.list("/v1/channels/" + ch + "/events") {
			if e["result"] != "done" {
				return false
			}
		}
		return true
	}
}
