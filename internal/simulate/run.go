package simulate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options configures [Run] and [Demo]. The tags are kong's.
type Options struct {
	Hub        string        `default:"http://127.0.0.1:8080" help:"Base address of the hub."`
	AdminToken string        `env:"THREADHUB_ADMIN_TOKEN" help:"Admin token: registers demo channels and agents with the hub. Without it, --channel says where to send."`
	Platforms  []string      `default:"${simulated}" help:"Platforms to register channels of (with an admin token), or all. There are: ${playable}."`
	Channels   []ChannelFlag `name:"channel" sep:"none" help:"A channel that exists: kind=telegram,webhook=http://…,bot_token=…,secret_token=…"`
	Listen     string        `default:"127.0.0.1:0" help:"Where the simulated platforms answer."`
	Seed       uint64        `help:"Tells the same stories again; 0 takes the clock."`
	Rate       float64       `default:"6" help:"Dialogues that begin in a minute; 0 for none."`
	Fill       int           `default:"20" help:"Dialogues to play at once at the start."`
	Attended   float64       `default:"0.6" help:"Share of dialogues that demo agents answer (with an admin token)."`
	Pace       float64       `default:"1" help:"Stretches people's pauses: 0.1 is ten times as fast."`
	Duration   time.Duration `help:"Stop after this long; 0 for never."`
	Password   string        `help:"With which the demo's people sign in to the console, at least 12 characters; unset: one is made."`

	// Opening furnishes an empty hub like a team's (queues, groups, canned
	// replies, styles) and has the day stand as a demo wants it.
	Opening bool `kong:"-"`

	Out io.Writer    `kong:"-"` // where the guide goes; nil: nowhere
	Log *slog.Logger `kong:"-"` // nil: none
	// Script makes API calls go wrong, see [ServerConfig].
	Script func(Call) *Fault `kong:"-"`
	// Client posts the webhooks; nil: one of its own.
	Client *http.Client `kong:"-"`
}

// FlagVariables are what the tags of [Options] refer to.
func FlagVariables() map[string]string {
	return map[string]string{"simulated": strings.Join(shown(), ","), "playable": strings.Join(Kinds(), ", ")}
}

// shown are the platforms of a demo unless others are asked for.
func shown() []string {
	return []string{kindWebchat, kindTelegram, kindWhatsApp, kindInstagram, kindLINE, kindViber, kindDiscord, kindTwilio}
}

// platforms are the names of those to register channels of.
func (o Options) platforms() []string {
	switch {
	case len(o.Platforms) == 0:
		return shown()
	case len(o.Platforms) == 1 && o.Platforms[0] == "all":
		return Kinds()
	}
	return o.Platforms
}

// withDefaults fills in what cannot be left empty.
func (o Options) withDefaults() Options {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Password == "" {
		o.Password = "demo-" + strings.ToLower(rand.Text()[:12])
	}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixMilli())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

// ChannelFlag is a channel that is registered with a hub already.
type ChannelFlag struct {
	Kind    string // as [Open] knows it
	Webhook string
	Public  string            // the address as it was entered at the platform; empty: Webhook
	Values  map[string]string // credentials and settings by name
}

// UnmarshalText reads "key=value,…" with the keys kind, webhook and public and
// those of the kind's credentials and settings.
func (c *ChannelFlag) UnmarshalText(text []byte) error {
	c.Values = map[string]string{}
	for pair := range strings.SplitSeq(string(text), ",") {
		key, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
			return fmt.Errorf("want key=value, got %q", pair)
		case key == "kind":
			c.Kind = value
		case key == "webhook":
			c.Webhook = value
		case key == "public":
			c.Public = value
		default:
			c.Values[key] = value
		}
	}
	if !slices.Contains(Kinds(), c.Kind) {
		return fmt.Errorf("kind: want one of %s", strings.Join(Kinds(), ", "))
	}
	if c.Webhook == "" {
		return errors.New("webhook: missing")
	}
	return nil
}

// Run plays the platforms and their customers until ctx ends: against the
// hub's own demo channels when there is an admin token, else against the
// channels given.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	if len(o.Channels) == 0 {
		if o.AdminToken == "" {
			return errors.New("simulate: neither an admin token nor a channel is given")
		}
		show, err := Demo(ctx, o.Hub, o.AdminToken, o)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(o.Out, show.Guide)
		return show.Wait()
	}
	return runChannels(ctx, o)
}

func runChannels(ctx context.Context, o Options) error {
	st, err := openStage(ctx, o, o.Channels)
	if err != nil {
		return err
	}
	for _, ch := range o.Channels {
		_, _ = fmt.Fprintf(o.Out, "%s: api_base_url %s → webhooks to %s\n", ch.Kind, st.server.BaseURL(ch.Kind), ch.Webhook)
	}
	traffic, err := st.traffic(ctx, o, nil)
	if err != nil {
		return errors.Join(err, st.close())
	}
	if err := traffic.Fill(ctx, o.Fill); err != nil && ctx.Err() == nil {
		return errors.Join(err, st.close())
	}
	return errors.Join(traffic.Run(ctx), st.close())
}
