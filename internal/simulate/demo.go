package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// readyPatience is how long a demo waits for its hub.
	readyPatience = 30 * time.Second
	// fillPatience is how long the first day may take.
	fillPatience = 60 * time.Second
)

// Guide is what a newcomer needs to look around.
type Guide struct {
	HubURL      string
	Simulator   string // where the platforms answer
	Channels    []GuideChannel
	WebChat     string // the page on which whoever watches is a customer
	Agents      []GuideAgent
	SignIn      GuideSignIn
	Waiting     string // id of a conversation that waits for an answer, if any
	WaitingName string
}

// GuideChannel is a channel of the demo.
type GuideChannel struct{ ID, Kind, Name, WebhookURL string }

// GuideAgent is an agent of the demo with a token that acts as them. They sign
// in with the password that everybody in the demo has.
type GuideAgent struct{ Name, Email, Token string }

// GuideSignIn is how whoever watches the demo gets into the console.
type GuideSignIn struct{ Email, Password string }

// person is somebody who works in the demo.
type person struct {
	name, email, role string
	capacity          int
}

// demoPeople are whoever watches the demo, and the agents who answer by
// themselves.
func demoPeople() (watcher person, staff []person) {
	return person{"Robin Castellan", "robin@demo.example", "admin", 5}, []person{
		{"Mira Sandström", "mira@demo.example", "agent", 20},
		{"Tomás Vidal", "tomas@demo.example", "agent", 20},
	}
}

// Curl is a shell line that answers the customer who waits.
func (g Guide) Curl() string {
	if g.Waiting == "" || len(g.Agents) == 0 {
		return ""
	}
	return fmt.Sprintf("curl -sS -X POST %s/v1/conversations/%s/messages \\\n  -H 'Authorization: Bearer %s' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"text\": \"Hello! How can I help?\"}'",
		g.HubURL, g.Waiting, g.Agents[0].Token)
}

// String is the guide as text for a terminal.
func (g Guide) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Demo traffic is running.\n\n")
	fmt.Fprintf(&b, "  console    %s/console/\n", g.HubURL)
	if g.SignIn.Email != "" {
		fmt.Fprintf(&b, "  sign in    %s  password %s\n", g.SignIn.Email, g.SignIn.Password)
	}
	if g.WebChat != "" {
		fmt.Fprintf(&b, "  web chat   %s (write as a customer, answer in the console)\n", g.WebChat)
	}
	fmt.Fprintf(&b, "  API        %s/v1/conversations\n", g.HubURL)
	fmt.Fprintf(&b, "  API docs   %s/docs\n", g.HubURL)
	fmt.Fprintf(&b, "  platforms  %s (simulated)\n", g.Simulator)
	for _, c := range g.Channels {
		fmt.Fprintf(&b, "  channel    %s (%s)\n", c.Name, c.ID)
	}
	for _, a := range g.Agents {
		fmt.Fprintf(&b, "  agent      %-14s token %s\n", a.Name, a.Token)
	}
	if line := g.Curl(); line != "" {
		fmt.Fprintf(&b, "\n%s is waiting for an answer. Reply as %s:\n\n%s\n", g.WaitingName, g.Agents[0].Name, line)
	}
	return b.String()
}

// Show is a demo that is running.
type Show struct {
	Guide   Guide
	Traffic *Traffic
	Server  *Listening
	done    chan error
	stop    context.CancelFunc
}

// Wait returns when the demo's context has ended and everything is stopped.
func (s *Show) Wait() error { return <-s.done }

// Close ends the demo and waits.
func (s *Show) Close() error {
	s.stop()
	return s.Wait()
}

// Demo registers a channel of every kind with the hub at hubURL (or points
// those of an earlier demo at this one), makes two agents with tokens, plays a
// first day and returns; customers go on writing until ctx ends. The hub must
// allow private networks, since the platforms are on loopback.
func Demo(ctx context.Context, hubURL, adminToken string, o Options) (*Show, error) {
	o = o.withDefaults()
	admin := hubAPI{base: strings.TrimRight(hubURL, "/"), token: adminToken, client: &http.Client{Timeout: 30 * time.Second}}
	defer admin.client.CloseIdleConnections()
	if err := admin.ready(ctx, readyPatience); err != nil {
		return nil, err
	}
	st, err := openStage(ctx, o, accounts(Kinds()))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Show{Server: st.server, done: make(chan error, 1), stop: cancel}
	s.Guide = Guide{HubURL: admin.base, Simulator: st.server.URL}
	agents, err := s.register(ctx, admin, st, o)
	if err == nil {
		s.Traffic, err = st.traffic(ctx, o, agents)
	}
	if err != nil {
		cancel()
		return nil, errors.Join(err, st.close())
	}
	if err := s.firstDay(ctx, admin, o); err != nil {
		o.Log.Warn("the first day is not complete", "error", err)
	}
	go func() {
		_ = s.Traffic.Run(ctx)
		s.done <- st.close()
	}()
	return s, nil
}

// register makes the hub know the channels and agents.
func (s *Show) register(ctx context.Context, admin hubAPI, st *stage, o Options) (Agent, error) {
	agents := demoAgents{}
	for i, p := range st.platforms {
		acc := p.Account()
		name := acc.Title + " (demo)"
		ch, err := admin.channel(ctx, name, acc, st.server.BaseURL(acc.Kind))
		if err != nil {
			return nil, err
		}
		if err := admin.do(ctx, http.MethodPost, "/v1/channels/"+ch.ID+"/check", struct{}{}, nil); err != nil {
			o.Log.Warn("channel not checked", "channel", ch.ID, "error", err)
		}
		st.webhooks[i] = admin.base + ch.WebhookPath
		agents.channels = append(agents.channels, ch.ID)
		s.Guide.Channels = append(s.Guide.Channels, GuideChannel{ch.ID, acc.Kind, name, st.webhooks[i]})
	}
	// Nobody answers here but whoever watches.
	chat, err := admin.webchat(ctx, "Web chat (demo)")
	if err != nil {
		return nil, err
	}
	s.Guide.WebChat = admin.base + "/widget/try/" + chat.ID
	watcher, staff := demoPeople()
	if _, err := admin.person(ctx, watcher, o.Password); err != nil {
		return nil, err
	}
	s.Guide.SignIn = GuideSignIn{watcher.email, o.Password}
	for _, p := range staff {
		token, err := admin.agent(ctx, p, o.Password)
		if err != nil {
			return nil, err
		}
		s.Guide.Agents = append(s.Guide.Agents, GuideAgent{p.name, p.email, token})
		agents.apis = append(agents.apis, hubAPI{base: admin.base, token: token, client: &http.Client{Timeout: 30 * time.Second, Transport: st.transport}})
	}
	return agents, nil
}

// firstDay fills the hub and looks for somebody who waits.
func (s *Show) firstDay(ctx context.Context, admin hubAPI, o Options) error {
	if o.Fill > 0 {
		limited, cancel := context.WithTimeout(ctx, fillPatience)
		defer cancel()
		if err := s.Traffic.Fill(limited, o.Fill); err != nil {
			return err
		}
	}
	for range 20 {
		for _, ch := range s.Guide.Channels {
			query := url.Values{"channel_id": {ch.ID}, "status": {"new"}}
			waiting, err := list[hubConversation](ctx, admin, "/v1/conversations", query)
			if err != nil {
				return err
			}
			if len(waiting) > 0 {
				s.Guide.Waiting, s.Guide.WaitingName = waiting[0].ID, waiting[0].Contact.Name
				return nil
			}
		}
		if o.Fill == 0 || !sleep(ctx, 100*time.Millisecond) {
			break
		}
	}
	return nil
}
