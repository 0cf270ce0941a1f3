package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRealSamplesAreTakenIn sends payloads that platforms really sent, where a
// checkout has them beside it: each is accepted, and none is lost without a
// word: it is worked in or quarantined with a reason.
func TestRealSamplesAreTakenIn(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "platforms", "samples")
	h := startHub(t, newConfig(t))
	tg := h.telegram("", nil)
	for _, kind := range []string{"telegram", "whatsapp", "messenger", "instagram"} {
		files, err := filepath.Glob(filepath.Join(root, kind, "*.json"))
		require.NoError(t, err)
		for _, file := range files {
			t.Run(kind+"/"+filepath.Base(file), func(t *testing.T) {
				body, err := os.ReadFile(file)
				require.NoError(t, err)
				ch, header := tg, http.Header{"X-Telegram-Bot-Api-Secret-Token": {tgSecret}}
				switch kind {
				case "whatsapp":
					ch, header = h.whatsapp("", numberOf(body)), waSign(body, waSecret)
				case "messenger":
					ch = h.channel(kind, object{"page_access_token": "EAAcanary", "app_secret": waSecret, "verify_token": "vt-1"}, object{"page_id": pageOf(body)}, nil)
					header = waSign(body, waSecret)
				case "instagram":
					ch = h.channel(kind, object{"access_token": "IGcanary", "app_secret": waSecret, "verify_token": "vt-1"}, object{"ig_user_id": pageOf(body)}, nil)
					header = waSign(body, waSecret)
				}
				before := h.events(ch)
				require.Equal(t, 200, h.hook(ch, body, header))
				last := h.workedIn(ch, before)
				if last["result"] == "quarantined" {
					require.NotEmpty(t, last["reason"])
					require.Contains(t, []string{"telegram", "whatsapp"}, kind, last["reason"])
				}
			})
		}
	}
}

// events is how many webhooks the channel's event log has.
func (h *hub) events(channel string) int {
	h.t.Helper()
	return len(h.list("/v1/channels/" + channel + "/events"))
}

// workedIn waits until the event log has one webhook more than before, worked,
// and answers it.
func (h *hub) workedIn(channel string, before int) (last object) {
	h.t.Helper()
	h.eventually("the event log shows it worked in", func() bool {
		events := h.list("/v1/channels/" + channel + "/events")
		if len(events) != before+1 || events[0]["result"] == "pending" {
			return false
		}
		last = events[0]
		return true
	})
	return last
}

// pageOf finds the Page or Instagram account a payload is for.
func pageOf(body []byte) string {
	var p struct {
		Entry []struct {
			ID string `json:"id"`
		} `json:"entry"`
	}
	_ = json.Unmarshal(body, &p)
	if len(p.Entry) == 0 || p.Entry[0].ID == "" {
		return "1"
	}
	return p.Entry[0].ID
}

// numberOf finds the WhatsApp number a payload is for.
func numberOf(body []byte) string {
	var p struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Metadata struct {
						PhoneNumberID string `json:"phone_number_id"`
					} `json:"metadata"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	_ = json.Unmarshal(body, &p)
	for _, e := range p.Entry {
		for _, c := range e.Changes {
			if id := c.Value.Metadata.PhoneNumberID; id != "" {
				return id
			}
		}
	}
	return "1"
}
