package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// ledger is a hub that only writes down what it is sent.
type ledger struct {
	mu     sync.Mutex
	status int // answered; 0: 200
	header http.Header
	lines  map[string][]string // by customer
	all    []string
	times  []time.Time
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, time.Now())
	for k, v := range l.header {
		w.Header()[k] = v
	}
	if l.status != 0 {
		w.WriteHeader(l.status)
		return
	}
	who, line := readHook(body)
	if l.lines == nil {
		l.lines = map[string][]string{}
	}
	l.lines[who] = append(l.lines[who], line)
	l.all = append(l.all, string(body))
}

var updateID = regexp.MustCompile(`,?"update_id":\d+`)

// readHook names the customer of a webhook and leaves out what depends on the
// order of different customers.
func readHook(body []byte) (who, line string) {
	var any struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Messages []struct {
						User string `json:"from_user_id"`
					} `json:"messages"`
					Statuses []struct {
						User string `json:"recipient_user_id"`
					} `json:"statuses"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	_ = json.Unmarshal(body, &any)
	if len(any.Entry) > 0 {
		v := any.Entry[0].Changes[0].Value
		if len(v.Messages) > 0 {
			return v.Messages[0].User, string(body)
		}
		return v.Statuses[0].User, string(body)
	}
	id := regexp.MustCompile(`"id":(71\d{7}),`).FindSubmatch(body)
	return string(id[1]), updateID.ReplaceAllString(string(body), "")
}

// people are who has written so far, and how much.
func (l *ledger) people() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int{}
	for who, lines := range l.lines {
		out[who] = len(lines)
	}
	return out
}

func (l *ledger) transcript() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	names := make([]string, 0, len(l.lines))
	for who := range l.lines {
		names = append(names, who)
	}
	slices.Sort(names)
	for _, who := range names {
		lines := slices.Clone(l.lines[who])
		slices.Sort(lines) // receipts of one moment come in any order
		fmt.Fprintf(&b, "== %s\n%s\n", who, strings.Join(lines, "\n"))
	}
	return b.String()
}

// scripted is an agent whose replies go to the platforms' server at once.
type scripted struct {
	server   *Server
	finished chan Customer
}

func (s scripted) Reply(_ context.Context, ch int, to Customer, text string, buttons []Button) error {
	path, body := "/telegram/bot7000000001:AAtest/sendMessage", map[string]any{"chat_id": telegramUsers + to.Index, "text": text}
	if len(buttons) > 0 {
		body["reply_markup"] = map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": buttons[0].Title, "callback_data": buttons[0].ID}}}}
	}
	if ch == 1 {
		path = "/whatsapp/v25.0/109900000000001/messages"
		body = map[string]any{
			"messaging_product": "whatsapp", "to": to.phone(), "type": "text", "text": map[string]any{"body": text},
			"biz_opaque_callback_data": "msg_1",
		}
	}
	req := httptest.NewRequest(http.MethodPost, "http://sim"+path, strings.NewReader(string(encode(body))))
	req.Header.Set("Authorization", "Bearer EAAtest")
	if resp := served(s.server)(req); resp.StatusCode != http.StatusOK {
		return fmt.Errorf("platform says %d", resp.StatusCode)
	}
	return nil
}

func (s scripted) Finish(_ context.Context, _ int, to Customer) error {
	s.finished <- to
	return nil
}

func (s scripted) Do(context.Context, int, Customer, string, string) error { return nil }

// world is traffic of both platforms into a ledger, all in memory.
type world struct {
	*Traffic
	hub      *ledger
	server   *Server
	finished chan Customer
}

func newWorld(t *testing.T, seed uint64, attended float64) world {
	t.Helper()
	w := world{hub: &ledger{}, finished: make(chan Customer, 1000)}
	var channels []Channel
	var platforms []Platform
	for _, k := range early() {
		p := openPlatform(t, k)
		platforms = append(platforms, p)
		channels = append(channels, Channel{Platform: p, Webhook: "http://hub/webhooks/" + k})
	}
	w.server = NewServer(ServerConfig{Platforms: platforms, Sent: func(s Sent) { w.Received(s) }})
	var err error
	w.Traffic, err = NewTraffic(t.Context(), TrafficConfig{
		Channels: channels, Client: &http.Client{Transport: served(w.hub)}, Seed: seed, Rate: 30,
		Agent: scripted{w.server, w.finished}, Attended: attended,
	})
	require.NoError(t, err)
	return w
}

func TestAFilledDayIsAllThereInSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 0.6)
		began := time.Now()
		require.NoError(t, w.Fill(t.Context(), 20))
		require.Less(t, time.Since(began), time.Minute)
		require.Len(t, w.hub.people(), 20, "one conversation for each of twenty people")
		w.Close()
		require.NotEmpty(t, w.finished, "some conversations are solved")
		require.Less(t, len(w.finished), 20, "and some are not")
	})
}

func TestTheSameSeedTellsTheSameStories(t *testing.T) {
	tell := func(seed uint64) (out string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed, 0.6)
			require.NoError(t, w.Fill(t.Context(), 20))
			time.Sleep(time.Minute) // the last receipts
			w.Close()
			out = w.hub.transcript()
		})
		return out
	}
	first := tell(1)
	require.Equal(t, first, tell(1))
	require.NotEqual(t, first, tell(2))
}

func TestWhatCustomersSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3, 1)
		require.NoError(t, w.Fill(t.Context(), 6))
		time.Sleep(time.Minute)
		w.Close()
		golden(t, "customers.golden", w.hub.transcript())
	})
}

func TestEveryKindOfActComesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 5, 1)
		require.NoError(t, w.Fill(t.Context(), 60))
		time.Sleep(time.Minute)
		w.Close()
		all := strings.Join(w.hub.all, "\n")
		for _, want := range []string{
			`"message":{`, `"edited_message":`, `"callback_query":`, `"message_reaction":`, `"photo":`, `"venue":`,
			`"type":"text"`, `"type":"image"`, `"type":"location"`, `"type":"reaction"`, `"type":"edit"`,
			`"status":"sent"`, `"status":"delivered"`, `"status":"read"`, `"biz_opaque_callback_data":"msg_1"`,
		} {
			require.Contains(t, all, want)
		}
	})
}

func TestTrafficGoesOnAtItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, w.Run(ctx))
		w.Close()
		require.InDelta(t, 30, len(w.hub.people()), 10, "thirty dialogues a minute")
	})
}

func TestACustomerAnswersAPersonsReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 0)
		require.NoError(t, w.Fill(t.Context(), 1))
		var who string
		for who = range w.hub.people() {
		}
		before := w.hub.people()[who]
		idle := w.hub.transcript()
		time.Sleep(10 * time.Minute)
		require.Equal(t, idle, w.hub.transcript(), "nobody goes on before there is an answer")

		var customer Customer
		for _, c := range Cast() {
			if who == fmt.Sprint(telegramUsers+c.Index) {
				customer = c
			}
		}
		require.NoError(t, scripted{w.server, nil}.Reply(t.Context(), 0, customer, "How can I help?", nil))
		time.Sleep(time.Minute)
		require.Greater(t, w.hub.people()[who], before)
		w.Close()
	})
}

func TestAHubThatIsDownGetsEverythingLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := newWorld(t, 1, 1)
		require.NoError(t, up.Fill(t.Context(), 10))
		time.Sleep(time.Hour)
		up.Close()

		w := newWorld(t, 1, 1)
		w.hub.status = http.StatusServiceUnavailable
		filled := make(chan error)
		go func() { filled <- w.Fill(t.Context(), 10) }()
		time.Sleep(5 * time.Minute)
		w.hub.mu.Lock()
		w.hub.status = 0
		w.hub.mu.Unlock()
		require.NoError(t, <-filled)
		time.Sleep(time.Hour)
		w.Close()
		require.Len(t, w.hub.all, len(up.hub.all))
		require.Equal(t, int64(len(w.hub.all)), w.Counts().Delivered)
		require.Positive(t, w.Counts().Repeated)
		require.Zero(t, w.Counts().Dropped)
	})
}
