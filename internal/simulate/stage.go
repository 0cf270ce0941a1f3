package simulate

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// stage is the platforms' server with the traffic that hears of its sends.
type stage struct {
	channels  []Channel
	server    *Listening
	crowd     atomic.Pointer[Traffic]
	transport *http.Transport
}

// accounts are channels of the given kinds whose credentials are made up.
func accounts(kinds []string) []ChannelFlag {
	var out []ChannelFlag
	for _, k := range kinds {
		out = append(out, ChannelFlag{Kind: k})
	}
	return out
}

// openStage opens the platforms and lets them answer.
func openStage(ctx context.Context, o Options, channels []ChannelFlag) (*stage, error) {
	st := &stage{
		transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
	}
	var platforms []Platform
	seen := map[string]bool{}
	for _, ch := range channels {
		if seen[ch.Kind] {
			return nil, fmt.Errorf("simulate: two channels of kind %s", ch.Kind)
		}
		seen[ch.Kind] = true
		p, err := Open(ch.Kind, Config{Credentials: ch.Values, Settings: ch.Values, Cast: Cast(), Seed: o.Seed})
		if err != nil {
			return nil, err
		}
		platforms = append(platforms, p)
		st.channels = append(st.channels, Channel{Platform: p, Webhook: ch.Webhook, Public: ch.Public})
	}
	server := NewServer(ServerConfig{Platforms: platforms, Script: o.Script, Log: o.Log, Sent: func(s Sent) {
		if t := st.crowd.Load(); t != nil {
			t.Received(s)
		}
	}})
	var err error
	st.server, err = server.Listen(ctx, o.Listen)
	return st, err
}

// traffic opens the customers' side, once the webhooks are known.
func (st *stage) traffic(ctx context.Context, o Options, agent Agent) (*Traffic, error) {
	cfg := TrafficConfig{
		Client: o.Client, Seed: o.Seed, Rate: o.Rate, Pace: o.Pace, Agent: agent, Attended: o.Attended, Log: o.Log,
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Transport: st.transport}
	}
	cfg.Channels = st.channels
	t, err := NewTraffic(ctx, cfg)
	if err != nil {
		return nil, err
	}
	st.crowd.Store(t)
	return t, nil
}

// close sends the customers home, then stops the platforms.
func (st *stage) close() error {
	if t := st.crowd.Load(); t != nil {
		t.Close()
	}
	st.transport.CloseIdleConnections()
	return st.server.Close()
}
