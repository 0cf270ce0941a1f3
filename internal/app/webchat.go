package app

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/accept"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/internal/webchat"
	"threadhub/threads"
	"threadhub/workers"
)

// openWebchat opens the desk, which takes in what comes from outside, and the
// web chat, whose visitors deliver there.
func (h *Hub) openWebchat(context.Context) error {
	// A worker takes no webhooks, but what comes over connections of its own.
	metrics := accept.NewMetrics(h.registry)
	h.desk = accept.NewDesk(h.channels, metrics.Timed(h.store.Journal()), func() { h.queue.Ring(workers.RingInbound) }, time.Now, h.Logger)
	h.desk.Metrics = metrics
	h.desk.Trace = h.trace
	h.inbound.Rush = h.desk.Rush
	h.desk.Unproved = func(id threads.ChannelID) { h.board.Unproved(string(id)) }
	h.webchat = webchat.New(webchat.Options{
		Store: h.store, Keys: h.keys, Channels: h.channels, Records: h.store, Desk: h.desk, Threads: h.threads, Bus: h.bus, Media: h.media,
		Names: agentNames{h.auth}, Now: time.Now, Logger: h.Logger, PublicURL: h.Config.BaseURL(), Ending: h.streams,
	})
	return nil
}

// agentNames are what visitors of a web chat get to know of agents.
type agentNames struct{ auth *auth.Service }

// AgentName implements [webchat.Names]; one who is gone has no name.
func (a agentNames) AgentName(ctx context.Context, id threads.AgentID) (string, error) {
	agent, err := a.auth.Agent(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil
	}
	return agent.Name, err
}
