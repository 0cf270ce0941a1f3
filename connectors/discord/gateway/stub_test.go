package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const botToken = "invented-bot-token"

// talk is one connection as the stub has it.
type talk struct {
	t    *testing.T
	conn *websocket.Conn
	path string
}

// said is what a client sent.
type said struct {
	Op   int            `json:"op"`
	Data map[string]any `json:"d"`
	Raw  json.RawMessage
}

func (k *talk) send(raw string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = k.conn.Write(ctx, websocket.MessageText, []byte(raw))
}

// greet begins the conversation; heartbeats are due every so many milliseconds.
func (k *talk) greet(pause string) { k.send(`{"op":10,"d":{"heartbeat_interval":` + pause + `}}`) }

// hear answers what the client says next, ok being false when it is gone.
func (k *talk) hear() (s said, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, raw, err := k.conn.Read(ctx)
	if err != nil {
		return s, false
	}
	var envelope struct {
		Op   int             `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	_ = json.Unmarshal(raw, &envelope)
	s.Op, s.Raw = envelope.Op, envelope.Data
	_ = json.Unmarshal(envelope.Data, &s.Data)
	return s, true
}

// gone waits until the client is, answering heartbeats meanwhile, and returns
// the code that it closed with.
func (k *talk) gone() websocket.StatusCode {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		_, _, err := k.conn.Read(ctx)
		cancel()
		if err != nil {
			return websocket.CloseStatus(err)
		}
		k.send(`{"op":11}`)
	}
}

func (k *talk) close(code int) { _ = k.conn.Close(websocket.StatusCode(code), "") }

// ready begins a session under a name; it is resumed at another path.
func (k *talk) ready(session string) {
	k.send(`{"op":0,"t":"READY","s":1,"d":{"v":10,"session_id":"` + session + `","resume_gateway_url":"ws://` + k.host() + `/resume","user":{"id":"1"}}}`)
}

func (k *talk) host() string { return strings.SplitN(k.path, "|", 2)[0] }

// message is a direct message.
func message(seq, id, text string) string {
	return `{"op":0,"t":"MESSAGE_CREATE","s":` + seq + `,"d":{"id":"` + id + `","channel_id":"500","channel_type":1,"author":{"id":"42"},"content":"` + text + `"}}`
}

// rig is a stub of Discord, a client and its host.
type rig struct {
	t       *testing.T
	server  *httptest.Server
	client  *Client
	carrier *egress.Client

	mu        sync.Mutex
	talks     int
	script    []func(*talk)
	state     []byte
	delivered []string
	headers   []string
	failures  int // deliveries that are still to fail
	reports   []string
	asked     []string
	answer    func(asked string, n int) (int, string)
}

var _ connectors.StreamHost = (*rig)(nil)

// newRig starts a stub that plays one function for each connection.
func newRig(t *testing.T, script ...func(*talk)) *rig {
	t.Helper()
	r := &rig{t: t, script: script}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.server.Close)
	var err error
	r.carrier, err = egress.New(egress.Options{AllowPrivate: true})
	require.NoError(t, err)
	t.Cleanup(r.carrier.Close)
	r.reset()
	return r
}

// reset makes a new client, as another process would.
func (r *rig) reset() {
	r.client = New(Config{
		Token: connectors.NewSecret(botToken), Intents: 4096, Plain: true,
		Discover: func() *connectors.Call { return &connectors.Call{Name: "gateway"} },
		History: func(channel, after string) *connectors.Call {
			return &connectors.Call{Name: "messages " + channel + " " + after}
		},
		Judge:  judge,
		Wanted: func(_ string, data []byte) bool { return !strings.Contains(string(data), "unwanted") },
	})
	r.client.timing = timing{
		hello: 5 * time.Second, firstPause: time.Millisecond, longestPause: 5 * time.Millisecond,
		invalid: 5 * time.Millisecond, history: time.Millisecond, settled: time.Hour,
	}
}

func judge(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	switch {
	case resp.Status == 200:
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == 401:
		return connectors.Outcome{Verdict: connectors.Suspend, Failure: failure("the token is dead")}
	case resp.Status == 404:
		return connectors.Outcome{Verdict: connectors.Refuse, Failure: failure("gone")}
	}
	return connectors.Outcome{Verdict: connectors.Wait, After: time.Millisecond, Failure: failure("later")}
}

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	r.mu.Lock()
	n := r.talks
	r.talks++
	r.mu.Unlock()
	if n < len(r.script) {
		r.script[n](&talk{r.t, conn, req.Host + "|" + req.URL.RequestURI()})
	}
}

// run runs the client until enough is true, and answers its error.
func (r *rig) run(enough func() bool) error {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.client.Run(ctx, r) }()
	var err error
	over := false
	require.Eventually(r.t, func() bool {
		select {
		case err = <-ended:
			over = true
		default:
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return over || enough()
	}, 20*time.Second, time.Millisecond)
	cancel()
	if !over {
		err = <-ended
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = r.client.State()
	return err
}

func (r *rig) until(delivered int) func() bool {
	return func() bool { return len(r.delivered) >= delivered }
}

// State implements connectors.StreamHost.
func (r *rig) State() []byte { return r.state }

// Dial implements connectors.StreamHost.
func (r *rig) Dial(ctx context.Context, address string) (connectors.Socket, error) {
	return r.carrier.Dial(ctx, egress.Target{Kind: "discord"}, address)
}

// Do implements connectors.StreamHost.
func (r *rig) Do(_ context.Context, call *connectors.Call) (*connectors.Response, error) {
	r.mu.Lock()
	n := len(r.asked)
	r.asked = append(r.asked, call.Name)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		if status, body := answer(call.Name, n); status > 0 {
			return &connectors.Response{Status: status, Body: []byte(body)}, nil
		}
	}
	if call.Name != "gateway" {
		return nil, errors.New("no route to the host")
	}
	return &connectors.Response{Status: 200, Body: []byte(
		`{"url":"ws` + strings.TrimPrefix(r.server.URL, "http") + `","shards":3,"session_start_limit":{"total":1000,"remaining":7,"reset_after":1}}`)}, nil
}

// Deliver implements connectors.StreamHost.
func (r *rig) Deliver(_ context.Context, req *connectors.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures > 0 {
		r.failures--
		return errors.New("the disk is full")
	}
	var f struct {
		Event string `json:"t"`
		Data  struct {
			Content string `json:"content"`
		} `json:"d"`
	}
	_ = json.Unmarshal(req.Body, &f)
	r.delivered = append(r.delivered, f.Event+" "+f.Data.Content)
	r.headers = append(r.headers, req.Header.Get(connectors.StreamHeader))
	return nil
}

// Report implements connectors.StreamHost.
func (r *rig) Report(up bool, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mark := "down: "
	if up {
		mark = "up: "
	}
	r.reports = append(r.reports, mark+detail)
}
