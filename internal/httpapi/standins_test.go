package httpapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/httpapi"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// parrot is a platform that needs no network.
type parrot struct{ token string }

func parrotKind() connectors.Kind {
	return connectors.Kind{
		Name: "parrot", Title: "Parrot",
		Credentials: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["bot_token"],"properties":{"bot_token":{"type":"string","minLength":4},"app_secret":{"type":"string"}}}`),
		Settings:    json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"perch":{"type":"string"}}}`),
		Setup:       "1. Find a parrot.",
		Caps: normalize.Capabilities{
			Text:      normalize.TextLimit{Max: 100, Unit: normalize.Runes},
			Media:     map[normalize.MessageType]normalize.MediaSpec{normalize.TypeImage: {MaxBytes: 1 << 20, Caption: 50}},
			Templates: true, ReplyTo: true,
			Window: &normalize.Window{Open: 24 * time.Hour, After: []normalize.MessageType{normalize.TypeTemplate}},
			Rate:   normalize.Rate{PerSecond: 30, PeerEvery: time.Second},
		},
		New: func(c connectors.Config) (connectors.Connector, error) {
			return parrot{c.Credentials["bot_token"].Reveal()}, nil
		},
	}
}

func (parrot) Verify(*connectors.Request, time.Time) error          { return nil }
func (parrot) Parse(*connectors.Request) ([]normalize.Event, error) { return nil, nil }
func (parrot) Check() *connectors.Call                              { return &connectors.Call{Name: "whoami"} }

func (parrot) Templates(string) (*connectors.Call, error) {
	return &connectors.Call{Name: "templates"}, nil
}

func (parrot) ReadTemplates(resp *connectors.Response) (list []normalize.TemplateInfo, _ string, err error) {
	return list, "", json.Unmarshal(resp.Body, &list)
}

func (parrot) Subscribe(string) ([]*connectors.Call, error) {
	return []*connectors.Call{{Name: "hook"}}, nil
}

func (p parrot) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if len(done) == len(out.Parts) {
		return nil, nil //nolint:nilnil // all is said
	}
	body, err := json.Marshal(out.Parts[len(done)])
	return &connectors.Call{
		Name: "say", Method: http.MethodPost, URL: "https://parrots.example/bot" + p.token + "/say", Part: len(done), Visible: true,
		Header: http.Header{"Authorization": {"Bearer " + p.token}}, Body: body,
	}, err
}

func (parrot) Classify(_ *connectors.Call, r *connectors.Response) connectors.Outcome {
	if r.Status != http.StatusOK {
		return connectors.Outcome{Verdict: connectors.Suspend, Failure: &normalize.Failure{Reason: normalize.ReasonAuth, Message: "no such bird"}}
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

// live is a stream in memory that remembers everything.
type live struct {
	mu     sync.Mutex
	events []httpapi.Event
	news   chan struct{} // closed and renewed with every event
	reset  bool          // what clients ask for is not known any more
}

func newLive() *live { return &live{news: make(chan struct{})} }

func (l *live) Announce(_ context.Context, notices []threads.Notice) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range notices {
		l.events = append(l.events, httpapi.Event{ID: strconv.Itoa(len(l.events) + 1), Notice: n})
	}
	close(l.news)
	l.news = make(chan struct{})
	return nil
}

func (l *live) View(_ context.Context, v httpapi.Viewing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, httpapi.Event{ID: strconv.Itoa(len(l.events) + 1), Viewing: &v, Notice: threads.Notice{Type: httpapi.EventViewing, Author: &v.By}})
	close(l.news)
	l.news = make(chan struct{})
	return nil
}

func (l *live) Subscribe(ctx context.Context, after string) (httpapi.Subscription, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := len(l.events)
	if n, err := strconv.Atoi(after); err == nil && !l.reset {
		at = n
	}
	out := make(chan httpapi.Event)
	go l.feed(ctx, at, out)
	return httpapi.Subscription{Events: out, Reset: l.reset && after != "", Position: strconv.Itoa(at)}, nil
}

func (l *live) feed(ctx context.Context, at int, out chan<- httpapi.Event) {
	defer close(out)
	for {
		l.mu.Lock()
		pending, news := l.events[at:], l.news
		l.mu.Unlock()
		for _, e := range pending {
			select {
			case out <- e:
				at++
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-news:
		case <-ctx.Done():
			return
		}
	}
}

// brokenConversations fails where a store or a programmer would.
type brokenConversations struct{ httpapi.Conversations }

func (*brokenConversations) MarkRead(context.Context, threads.ConversationID, threads.Author) (threads.Conversation, error) {
	return threads.Conversation{}, errors.New("disk I/O error")
}

func (*brokenConversations) EndSession(context.Context, threads.ConversationID, threads.Author) (threads.Conversation, error) {
	panic("a mistake of ours")
}

func sha256Of(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// slowChannels takes its time to make a channel.
type slowChannels struct {
	httpapi.Channels
	entered chan<- struct{}
	leave   <-chan struct{}
}

func (s slowChannels) Create(ctx context.Context, d channels.Draft) (channels.Channel, error) {
	s.entered <- struct{}{}
	<-s.leave
	return s.Channels.Create(ctx, d)
}

// roster is the hub's agents as routing sees them.
type roster struct{ *hub }

func (r roster) Agents(ctx context.Context) ([]routing.Agent, error) {
	list, err := r.auth.Roster(ctx)
	out := make([]routing.Agent, len(list))
	for i, a := range list {
		is, since := a.Presence(r.clock(), 0)
		out[i] = routing.Agent{ID: a.ID, Presence: routing.Presence(is), Since: since, Max: a.Capacity.Messaging, Groups: a.Groups}
		for _, text := range a.Skills {
			skill, err := routing.ParseSkill(text)
			if err != nil {
				return nil, err
			}
			out[i].Skills = append(out[i].Skills, skill)
		}
	}
	return out, err
}

func (r roster) HandedBack(ctx context.Context, id threads.AgentID, groups []threads.GroupID) error {
	return r.auth.HandedBack(ctx, id, groups)
}
