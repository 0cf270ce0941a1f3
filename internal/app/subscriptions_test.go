package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// subscriber is somebody who is told of events.
type subscriber struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// answer decides what a call is answered with, by its place from 1.
	answer   func(n int, w http.ResponseWriter, r *http.Request)
	calls    []informed
	wh       *standardwebhooks.Webhook
	unproven int // calls whose signature the standard's library refused
}

// informed is one call.
type informed struct {
	header http.Header
	event  object
}

func newSubscriber(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *subscriber {
	t.Helper()
	s := &subscriber{t: t, answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		s.CloseClientConnections() // of those who hang
		s.Close()
	})
	return s
}

func (s *subscriber) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event object
	_ = json.Unmarshal(body, &event)
	s.mu.Lock()
	s.calls = append(s.calls, informed{r.Header.Clone(), event})
	n := len(s.calls)
	if s.wh != nil && s.wh.Verify(body, r.Header) != nil {
		s.unproven++
	}
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(n, w, r)
	}
}

// heard answers the calls so far.
func (s *subscriber) heard() []informed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]informed(nil), s.calls...)
}

func (s *subscriber) types() (types []string) {
	for _, c := range s.heard() {
		types = append(types, c.event["type"].(string))
	}
	return types
}

func (s *subscriber) requireProven() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Zero(s.t, s.unproven, "calls that the standard's library does not accept")
}

// subscribe makes a subscription of the subscriber and answers its id.
func (h *hub) subscribe(s *subscriber, more object) string {
	h.t.Helper()
	body := object{"url": s.URL + "/events?key=canary-of-the-query", "events": []string{"*"}}
	for k, v := range more {
		body[k] = v
	}
	made := h.must(201, "POST", "/v1/subscriptions", body, adminToken)
	secret := made["secret"].(string)
	wh, err := standardwebhooks.NewWebhook(secret)
	require.NoError(h.t, err)
	s.mu.Lock()
	s.wh = wh
	s.mu.Unlock()
	return made["id"].(string)
}

func hangs(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// texts of the messages created, in the order in which they were heard.
func (s *subscriber) texts(contact string) (texts []string) {
	for _, c := range s.heard() {
		m, _ := c.event["message"].(object)
		author, _ := m["author"].(object)
		conv, _ := c.event["conversation"].(object)
		from, _ := conv["contact"].(object)
		if c.event["type"] == "message.created" && author["type"] == "contact" && from["external_id"] == contact {
			texts = append(texts, m["text"].(string))
		}
	}
	return texts
}

func TestASubscriberIsToldOfEverythingInOrderWhileAnotherHangs(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	dead := newSubscriber(t, hangs)
	well := newSubscriber(t, nil)
	h.subscribe(dead, nil)
	h.subscribe(well, nil)
	var want []string
	for i := range 12 {
		text := strings.Repeat("x", i+1)
		want = append(want, text)
		require.Equal(t, 200, h.tg(ch, update(1, text)))
		require.Equal(t, 200, h.tg(ch, update(2, text)))
	}
	h.eventually("all messages are heard", func() bool { return len(well.texts("1")) == 12 && len(well.texts("2")) == 12 })
	require.Equal(t, want, well.texts("1"))
	require.Equal(t, want, well.texts("2"))

	conv := h.conversations(ch)[0]["id"]
	_, token := h.agent("bea")
	h.must(202, "POST", "/v1/conversations/"+conv.(string)+"/messages", object{"text": "hello"}, token)
	h.eventually("it was sent", func() bool {
		for _, c := range well.heard() {
			if m, _ := c.event["message"].(object); c.event["type"] == "message.updated" && m["status"] == "sent" {
				return true
			}
		}
		return false
	})
	h.solve(conv, token)
	h.eventually("it is solved", func() bool { return contains(well.types(), "conversation.solved") })
	require.Contains(t, well.types(), "conversation.created")
	well.requireProven()
	dead.requireProven()

	seen := map[string]bool{}
	for _, c := range well.heard() {
		id := c.header.Get("Webhook-Id")
		require.Equal(t, id, c.event["id"])
		require.False(t, seen[id], "told twice")
		seen[id] = true
	}
	metrics := h.must(200, "GET", "/metrics", nil, "")["raw"].(string)
	require.Contains(t, metrics, `threadhub_subscriber_calls_total{subscription="sub_`)
	require.NotContains(t, h.log.String(), "canary-of-the-query")
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func TestAnEventIsTriedAgainAndListedAndReplayed(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	s := newSubscriber(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(500)
		}
	})
	id := h.subscribe(s, object{"events": []string{"message.created"}})
	require.Equal(t, 200, h.tg(ch, update(1, "hi")))
	h.eventually("it is heard twice", func() bool { return len(s.heard()) == 2 })
	require.Equal(t, s.heard()[0].header.Get("Webhook-Id"), s.heard()[1].header.Get("Webhook-Id"))
	var d object
	h.eventually("it is delivered", func() bool {
		d = h.list("/v1/subscriptions/" + id + "/deliveries")[0]
		return d["state"] == "delivered"
	})
	require.Equal(t, []any{2.0, 200.0, nil}, []any{d["attempts"], d["status"], d["error"]})
	payload, _ := d["payload"].(object)
	message, _ := payload["message"].(object)
	require.Equal(t, "hi", message["text"])
	require.Empty(t, h.list("/v1/subscriptions/"+id+"/deliveries?state=pending"))

	h.must(202, "POST", "/v1/subscriptions/"+id+"/deliveries/"+d["id"].(string)+"/replay", nil, adminToken)
	h.eventually("it is heard once more", func() bool { return len(s.heard()) == 3 })
	require.Equal(t, d["id"], s.heard()[2].header.Get("Webhook-Id"))
	h.eventually("it is delivered", func() bool { return len(h.list("/v1/subscriptions/"+id+"/deliveries?state=delivered")) == 1 })
	now := time.Now().UTC()
	stamp := func(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }
	got := h.must(200, "POST", "/v1/subscriptions/"+id+"/deliveries/replay", object{"from": stamp(now.Add(-time.Hour)), "to": stamp(now.Add(time.Hour))}, adminToken)
	require.EqualValues(t, 1, got["replayed"])
	h.eventually("and once more", func() bool { return len(s.heard()) == 4 })
	s.requireProven()
}

func TestASubscriberThatWantsNoMoreGetsNoMore(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	gone := newSubscriber(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	other := newSubscriber(t, nil)
	id := h.subscribe(gone, object{"name": "CRM"})
	h.subscribe(other, object{"events": []string{"subscription.disabled"}})
	require.Equal(t, 200, h.tg(ch, update(1, "hi")))
	h.eventually("it is disabled", func() bool {
		return h.must(200, "GET", "/v1/subscriptions/"+id, nil, adminToken)["enabled"] == false
	})
	got := h.must(200, "GET", "/v1/subscriptions/"+id, nil, adminToken)
	require.Contains(t, got["disabled_reason"], "410")
	require.NotContains(t, got, "secret")
	h.eventually("the others are told", func() bool { return len(other.heard()) == 1 })
	brief, _ := other.heard()[0].event["subscription"].(object)
	require.Equal(t, []any{id, "CRM"}, []any{brief["id"], brief["name"]})
	require.Equal(t, 200, h.tg(ch, update(1, "again")))
	h.eventually("the message is stored", func() bool { return len(h.messages(h.one(ch)["id"])) == 2 })
	require.Len(t, gone.heard(), 1)
	other.requireProven()
}

func TestRedirectsAreNotFollowedAndFloodsNotRead(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	target := newSubscriber(t, nil)
	moved := newSubscriber(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
	})
	flood := newSubscriber(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 5 << 10 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	movedID := h.subscribe(moved, object{"events": []string{"message.created"}})
	floodID := h.subscribe(flood, object{"events": []string{"message.created"}})
	require.Equal(t, 200, h.tg(ch, update(1, "hi")))
	h.eventually("the flood is taken for an answer", func() bool {
		list := h.list("/v1/subscriptions/" + floodID + "/deliveries")
		return len(list) == 1 && list[0]["state"] == "delivered"
	})
	h.eventually("the redirect is a failure", func() bool {
		list := h.list("/v1/subscriptions/" + movedID + "/deliveries")
		return len(list) == 1 && list[0]["status"] == 307.0 && list[0]["state"] == "pending" && list[0]["next_attempt_at"] != nil
	})
	require.Empty(t, target.heard())
}

func TestASubscriberIsToldWhenAChannelWorksNoLonger(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(recorded) (int, any) {
		return 401, object{"ok": false, "error_code": 401, "description": "Unauthorized"}
	})
	s := newSubscriber(t, nil)
	h.subscribe(s, object{"events": []string{"channel.health"}})
	ch := h.telegram(platform.URL, nil)
	h.must(200, "POST", "/v1/channels/"+ch+"/check", nil, adminToken)
	h.eventually("it is told", func() bool { return len(s.heard()) > 0 })
	channel, _ := s.heard()[0].event["channel"].(object)
	require.Equal(t, ch, channel["id"])
	require.NotContains(t, channel, "credentials")
	s.requireProven()
}
