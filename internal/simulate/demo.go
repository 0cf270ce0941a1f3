package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// readyPatience is how long a demo waits for its hub.
	readyPatience = 30 * time.Second
	// fillPatience is how long the first day may take.
	fillPatience = 3 * time.Minute
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
type GuideAgent struct{ Name, Email, Presence, Token string }

// GuideSignIn is how whoever watches the demo gets into the console.
type GuideSignIn struct{ Email, Password string }

// Curl is a shell line that answers the customer who waits.
func (g Guide) Curl() string {
	if g.Waiting == "" || len(g.Agents) == 0 {
		return ""
	}
	return fmt.Sprintf("curl -sS -X POST %s/v1/conversations/%s/messages \\\n  -H 'Authorization: Bearer %s' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"text\": \"Hello! How can I help?\"}'",
		g.HubURL, g.Waiting, g.Agents[0].Token)
}

// ticking are the channels, those first that tell what became of a message.
func (g Guide) ticking() []GuideChannel {
	order := slices.Clone(g.Channels)
	if i := slices.IndexFunc(order, func(c GuideChannel) bool { return c.Kind == kindWhatsApp }); i > 0 {
		order[0], order[i] = order[i], order[0]
	}
	return order
}

// String is the guide as text for a terminal.
func (g Guide) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A day at a shop is running: invented customers on simulated platforms.\n\n")
	fmt.Fprintf(&b, "  open       %s/console/\n", g.HubURL)
	if g.SignIn.Email != "" {
		fmt.Fprintf(&b, "  sign in    %s  password %s\n", g.SignIn.Email, g.SignIn.Password)
	}
	if g.WebChat != "" {
		fmt.Fprintf(&b, "  web chat   %s (write as a customer, answer in the console)\n", g.WebChat)
	}
	if g.WaitingName != "" {
		fmt.Fprintf(&b, "\nThen answer %s, who is waiting: watch the ticks, solve it, see when it closes.\n", g.WaitingName)
	}
	fmt.Fprintf(&b, "\n  API        %s/v1/conversations\n", g.HubURL)
	fmt.Fprintf(&b, "  API docs   %s/docs\n", g.HubURL)
	fmt.Fprintf(&b, "  platforms  %s (simulated)\n", g.Simulator)
	for _, c := range g.Channels {
		fmt.Fprintf(&b, "  channel    %-22s %s\n", c.Name, c.ID)
	}
	for _, a := range g.Agents {
		fmt.Fprintf(&b, "  agent      %-22s %-8s token %s\n", a.Name, a.Presence, a.Token)
	}
	if line := g.Curl(); line != "" {
		fmt.Fprintf(&b, "\nOr by the API, as %s:\n\n%s\n", g.Agents[0].Name, line)
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

// Demo registers a channel of every platform asked for with the hub at hubURL
// (or points those of an earlier demo at this one), makes agents with tokens,
// plays a first day and returns; customers go on writing until ctx ends. The hub
// must allow private networks, since the platforms are on loopback.
func Demo(ctx context.Context, hubURL, adminToken string, o Options) (*Show, error) {
	o = o.withDefaults()
	admin := hubAPI{base: strings.TrimRight(hubURL, "/"), token: adminToken, client: &http.Client{Timeout: 30 * time.Second}}
	defer admin.client.CloseIdleConnections()
	if err := admin.ready(ctx, readyPatience); err != nil {
		return nil, err
	}
	st, err := openStage(ctx, o, accounts(o.platforms()))
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
func (s *Show) register(ctx context.Context, admin hubAPI, st *stage, o Options) (*demoAgents, error) {
	agents := &demoAgents{hand: map[seatKey]int{}}
	agents.admin = hubAPI{base: admin.base, token: admin.token, client: &http.Client{Timeout: 30 * time.Second, Transport: st.transport}}
	for i := range st.channels {
		acc := st.channels[i].Platform.Account()
		name := acc.Title + " (demo)"
		ch, err := admin.channel(ctx, name, acc, st.server.BaseURL(acc.name()))
		if err != nil {
			return nil, err
		}
		if err := admin.do(ctx, http.MethodPost, "/v1/channels/"+ch.ID+"/check", struct{}{}, nil); err != nil {
			o.Log.Warn("channel not checked", "channel", ch.ID, "error", err)
		}
		st.channels[i].Webhook, st.channels[i].Public = admin.base+ch.WebhookPath, ch.WebhookURL
		if acc.Own != "" {
			st.channels[i].Webhook = admin.base + acc.Own + ch.ID
		}
		if err := Ask(ctx, admin.client, st.channels[i]); err != nil {
			o.Log.Warn("the platform did not get its proof", "channel", ch.ID, "error", err)
		}
		agents.hub = append(agents.hub, ch.ID)
		s.Guide.Channels = append(s.Guide.Channels, GuideChannel{ch.ID, acc.Kind, name, st.channels[i].Webhook})
	}
	agents.channels = st.channels
	// For whoever watches, as the customer too: nobody else writes or answers
	// here, and it keeps a solved conversation open.
	chat, err := admin.webchat(ctx, "Try the web chat (demo)")
	if err != nil {
		return nil, err
	}
	s.Guide.WebChat = admin.base + "/widget/try/" + chat.ID
	watcher, staff := demoPeople()
	groups := map[string]string{}
	if o.Opening {
		var err error
		if groups, err = admin.groups(ctx); err != nil {
			return nil, err
		}
	}
	s.Guide.SignIn = GuideSignIn{watcher.email, o.Password}
	for _, p := range append(staff, watcher) {
		id, token, err := admin.agent(ctx, p, groups, o.Password)
		if err != nil {
			return nil, err
		}
		agents.names = append(agents.names, p.name)
		agents.apis = append(agents.apis, hubAPI{base: admin.base, token: token, client: &http.Client{Timeout: 30 * time.Second, Transport: st.transport}})
		agents.ids = append(agents.ids, id)
		if p.email != watcher.email {
			s.Guide.Agents = append(s.Guide.Agents, GuideAgent{p.name, p.email, p.presence, token})
		}
	}
	agents.people = staff
	if !o.Opening {
		return agents, nil
	}
	ids := map[string]string{}
	for i, ch := range st.channels {
		ids[ch.Platform.Account().name()] = agents.hub[i]
	}
	return agents, admin.furnish(ctx, ids, groups)
}

// firstDay fills the hub and looks for somebody who waits.
func (s *Show) firstDay(ctx context.Context, admin hubAPI, o Options) error {
	limited, cancel := context.WithTimeout(ctx, fillPatience)
	defer cancel()
	if o.Opening {
		// A hub that kept its data has had its opening.
		before, err := list[hubConversation](ctx, admin, "/v1/conversations", nil)
		if err != nil {
			return err
		}
		if len(before) == 0 {
			err = s.Traffic.Open(limited)
		}
		if err != nil {
			return err
		}
	}
	if o.Fill > 0 {
		if err := s.Traffic.Fill(limited, o.Fill); err != nil {
			return err
		}
	}
	for range 20 {
		for _, ch := range s.Guide.ticking() {
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
		if o.Fill == 0 && !o.Opening || !sleep(ctx, 100*time.Millisecond) {
			break
		}
	}
	return nil
}
