package webchat

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"time"

	"threadhub/connectors"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/bus"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/media"
	"threadhub/internal/seal"
	"threadhub/normalize"
	"threadhub/threads"
)

// Channels opens registered channels (channels.Registry).
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
}

// Records reads what was stored; every threads.Store does.
type Records interface {
	Owners(ctx context.Context, ids []threads.Identity) (map[threads.Identity]threads.ContactID, error)
	Current(ctx context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error)
	Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error)
	Message(ctx context.Context, id threads.MessageID) (threads.Message, error)
	MessagesByExternal(ctx context.Context, channel threads.ChannelID, ids []normalize.PlatformID) (map[normalize.PlatformID]threads.Message, error)
	Messages(ctx context.Context, id threads.ConversationID, p threads.MessagePage) ([]threads.Message, bool, error)
}

// Desk journals what visitors do (accept.Desk).
type Desk interface {
	Deliver(ctx context.Context, id threads.ChannelID, req *connectors.Request) error
}

// Ingester works in what is not worth a journal (threads.Service).
type Ingester interface {
	Ingest(ctx context.Context, arrivals []threads.Arrival) []error
}

// Media keeps files (media.Library).
type Media interface {
	Take(ctx context.Context, name string, r io.Reader, limit int64, kept time.Duration) (media.Upload, error)
	Upload(ctx context.Context, id string) (media.Upload, error)
	Keep(ctx context.Context, id string) error
	Address(u media.Upload) string
	Ours(address string) bool
	Attachment(ctx context.Context, m *threads.Message, i int) (*media.Item, error)
}

// Names answers what visitors get to know of an agent.
type Names interface {
	AgentName(ctx context.Context, id threads.AgentID) (string, error)
}

// Options are what a [Service] works with. All but Heartbeat are required.
type Options struct {
	Store    directory.Store
	Keys     *seal.Keyring
	Channels Channels
	Records  Records
	Desk     Desk
	Threads  Ingester
	Bus      bus.Bus
	Media    Media
	Names    Names
	Now      func() time.Time
	Logger   *slog.Logger
	// PublicURL is the hub's address, without a slash at its end.
	PublicURL string
	// Ending is closed when streams have to end.
	Ending <-chan struct{}
	// Heartbeat is how often a stream that is silent looks for itself and
	// says so; 0: 20 s.
	Heartbeat time.Duration
}

// Service is the web chat of all channels. It is safe for concurrent use.
type Service struct {
	Options
	signing  signingKeys
	spent    spent
	limits   *limits
	board    *board
	reported *recently
}

// New answers a service. Streams are told of news while Run runs.
func New(o Options) *Service {
	o.Heartbeat = cmp.Or(o.Heartbeat, 20*time.Second)
	return &Service{
		Options: o, signing: newSigningKeys(o.Store, o.Keys), spent: newSpent(o.Store),
		limits: newLimits(o.Now), board: newBoard(o.Bus, o.Logger), reported: newRecently(),
	}
}

// Run follows the bus until ctx ends.
func (s *Service) Run(ctx context.Context) { s.board.run(ctx) }

// Forget drops notes of tokens whose time is over anyway.
func (s *Service) Forget(ctx context.Context, now time.Time) error { return s.spent.forget(ctx, now) }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Chat is a channel of this kind, opened.
type Chat struct {
	ID     threads.ChannelID
	Widget *widget.Widget
	caps   normalize.Capabilities
}

// Content is what a message is in this chat: what the channel's capabilities
// leave of it, as one message.
func (c *Chat) Content(m threads.Message) normalize.Message {
	content := m.Content
	if m.Direction == threads.Inbound || !m.DeletedAt.IsZero() {
		return content
	}
	parts, _, err := normalize.Fit(content, c.caps)
	if err != nil {
		return content
	}
	content.Text, content.Buttons, content.List = "", nil, nil
	content.Attachments = nil
	for _, p := range parts {
		if content.Text != "" && p.Text != "" {
			content.Text += "\n\n"
		}
		content.Text += p.Text
		content.Buttons = append(content.Buttons, p.Buttons...)
		content.Attachments = append(content.Attachments, p.Attachments...)
		content.List = cmp.Or(content.List, p.List)
	}
	return content
}

// Chat opens a channel: threads.ErrNotFound when there is none, or it is of
// another kind; [ErrDisabled] when it is paused, together with the chat.
func (s *Service) Chat(ctx context.Context, id threads.ChannelID) (*Chat, error) {
	ch, err := s.Channels.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	w, ok := ch.Connector.(*widget.Widget)
	if !ok {
		return nil, threads.ErrNotFound
	}
	chat := &Chat{ID: id, Widget: w, caps: ch.Caps}
	if !ch.Enabled {
		return chat, ErrDisabled
	}
	return chat, nil
}
