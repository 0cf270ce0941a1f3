// Package httpapi is the hub's HTTP side: the routes of the API document, held
// to it, and the translation between the API's words and the hub's.
//
// A request passes, in this order: request id, panic guard, headers, who is
// it and may they (access.go), query and body against the document (query.go,
// body.go), idempotency (idempotency.go), handler. What an operation takes and
// who may call it is read from the document (contract.go) and nowhere else.
package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/connectors"
	"threadhub/internal/auth"
	"threadhub/internal/canned"
	"threadhub/internal/channels"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/queuebook"
	"threadhub/internal/rulebook"
	"threadhub/internal/schedules"
	"threadhub/internal/settings"
	"threadhub/internal/stylerules"
	"threadhub/internal/subscriptions"
	"threadhub/internal/templates"
	"threadhub/internal/webchat"
	"threadhub/threads"
)

// Conversations changes conversations; threads.Service does.
type Conversations interface {
	Send(ctx context.Context, cmd threads.SendCommand) (threads.Message, threads.Conversation, error)
	Start(ctx context.Context, cmd threads.StartCommand) (threads.Message, threads.Conversation, error)
	// Rehearse and RehearseStart tell what Send and Start would do.
	Rehearse(ctx context.Context, cmd threads.SendCommand) (threads.Rehearsal, error)
	RehearseStart(ctx context.Context, cmd threads.StartCommand) (threads.Rehearsal, error)
	// Resend sends a dead letter again; Cancel takes a queued message back.
	Resend(ctx context.Context, id threads.MessageID, by threads.Author) (threads.Message, threads.Conversation, error)
	Cancel(ctx context.Context, id threads.MessageID, by threads.Author) (threads.Message, error)
	Update(ctx context.Context, id threads.ConversationID, cmd threads.UpdateCommand) (threads.Conversation, error)
	Accept(ctx context.Context, id threads.ConversationID, agent threads.Author) (threads.Conversation, error)
	Decline(ctx context.Context, id threads.ConversationID, agent threads.Author) (threads.Conversation, error)
	EndSession(ctx context.Context, id threads.ConversationID, actor threads.Author) (threads.Conversation, error)
	Recount(ctx context.Context, cmd threads.RecountCommand) (threads.RecountResult, error)
	// Typing tells that somebody writes in the conversation.
	Typing(ctx context.Context, conv threads.Conversation, by threads.Author) error
	MarkRead(ctx context.Context, id threads.ConversationID, actor threads.Author) (threads.Conversation, error)
	// DryRunRules tells what rules make of a conversation and changes nothing.
	DryRunRules(ctx context.Context, d threads.DryRun) ([]threads.DryResult, threads.Conversation, error)
	// Measure answers how a schedule's business time is measured, nil for none.
	Measure(ctx context.Context, scheduleID string) (threads.Measure, error)
	// EditContact changes a contact; edit answers false to leave it as it is.
	EditContact(ctx context.Context, id threads.ContactID, edit func(*threads.Contact) bool) (threads.Contact, error)
}

// Records reads what was stored; every threads.Store does.
type Records interface {
	threads.Queries
	Tallies(ctx context.Context, agents []threads.AgentID) (map[threads.AgentID]threads.Tally, error)
	OfferedTo(ctx context.Context, agents []threads.AgentID, limit int) ([]threads.Conversation, error)
	RoutingDecisions(ctx context.Context, id threads.ConversationID, p threads.Page) ([]threads.RoutingDecision, threads.Cursor, error)
	Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error)
	Message(ctx context.Context, id threads.MessageID) (threads.Message, error)
	Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error)
	RuleRuns(ctx context.Context, f threads.RuleRunFilter, p threads.Page) ([]threads.RuleRun, threads.Cursor, error)
	Owners(ctx context.Context, ids []threads.Identity) (map[threads.Identity]threads.ContactID, error)
	Current(ctx context.Context, slots []threads.Slot) (map[threads.Slot]threads.Conversation, error)
}

// Reactions puts the business's reactions on messages; reactions.Desk does.
type Reactions interface {
	Set(ctx context.Context, m threads.Message, emoji string, by threads.Author) (threads.Message, error)
}

// Channels keeps the registered channels; channels.Registry does.
type Channels interface {
	Create(ctx context.Context, d channels.Draft) (channels.Channel, error)
	Get(ctx context.Context, id threads.ChannelID) (channels.Channel, error)
	List(ctx context.Context, after threads.ChannelID, limit int) ([]channels.Channel, error)
	Update(ctx context.Context, id threads.ChannelID, c channels.Change) (channels.Channel, error)
	Delete(ctx context.Context, id threads.ChannelID, force bool) error
	LeaveGroup(ctx context.Context, id threads.GroupID) error
	Check(ctx context.Context, id threads.ChannelID) (channels.CheckResult, error)
	RegisterWebhook(ctx context.Context, id threads.ChannelID, webhookURL string) (channels.CheckResult, error)
	Try(ctx context.Context, t channels.Trial) (channels.TrialResult, error)
	ChannelInfo(ctx context.Context, id threads.ChannelID) (threads.ChannelInfo, error)
	// Open answers the channel with the secrets to mask in raw webhooks.
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
}

// Webhooks reads the journal; every journal.Store does.
type Webhooks interface {
	Entry(ctx context.Context, id string) (journal.Entry, error)
	Entries(ctx context.Context, channelID, before string, limit int) ([]journal.Entry, error)
	Items(ctx context.Context, channelID, before string, limit int) ([]journal.Item, error)
	Reopen(ctx context.Context, ids []string) (int, error)
}

// Component is one thing the hub needs, and whether it can be reached.
type Component struct {
	Name   string
	Err    error  // nil when it works
	Detail string // for people, may be empty; Err itself is only logged
}

// Deps are what the API works with. All are required unless they say so.
type Deps struct {
	Logger        *slog.Logger
	Auth          *auth.Service
	Settings      *settings.Service
	Channels      Channels
	Kinds         connectors.Set
	Schedules     *schedules.Registry
	StyleRules    *stylerules.Registry
	Rules         *rulebook.Registry
	Subscriptions *subscriptions.Registry
	Subscribers   Subscribers
	Queues        *queuebook.Registry
	Routing       Routing
	Eraser        Eraser
	Retention     Retention
	People        People
	Conversations Conversations
	Records       Records
	Webhooks      Webhooks
	Idempotency   idempotency.Store
	Live          Live
	Media         Media
	Audit         Audit
	Keys          Keys
	// Webchat serves visitors of sites; nil: there are no web chats.
	Webchat *webchat.Service
	// ShowTyping and ShowRead show the contact, where the platform can, that
	// somebody types, or that their messages were read. They do not wait. nil:
	// nobody is shown anything.
	ShowTyping, ShowRead func(ctx context.Context, conv threads.Conversation)
	Reactions            Reactions
	// Identities is the identity provider; nil: people sign in with passwords.
	Identities IdentityProvider
	// IdentitiesName is what to call it.
	IdentitiesName string
	// Rerouted, when set, is called after a change of the settings.
	Rerouted func()
	// Now is the clock.
	Now       func() time.Time
	Canned    *canned.Registry
	Templates *templates.Catalogue
	// Probe answers how many bytes the file at an address has, -1 for unknown,
	// and refuses one that nobody should fetch (egress.Client).
	Probe func(ctx context.Context, address string) (int64, error)
	// Ready asks everything the hub needs how it does.
	Ready func(ctx context.Context) []Component
	// Metrics serves /metrics.
	Metrics http.Handler
	// Webhook answers platforms at /webhooks/:channel_id; nil: no such route.
	Webhook gin.HandlerFunc
	// Console serves the web console below [console.Path]; nil: there is none.
	Console http.Handler
	// Widget serves the web chat's script (package console/widget); nil: there
	// is none.
	Widget http.Handler
	// Observe, when set, is told of every finished request: the operation's
	// name from the document ("none" for an unknown route), status and time.
	Observe func(operation string, status int, took time.Duration)
	// PublicURL is the hub's address as platforms call it, without a slash at
	// its end.
	PublicURL string
	// Rate is how many calls a second one token or session may make; 0 for any.
	Rate float64
	// Pulse says how a channel does; nil: nothing is known.
	Pulse func(ctx context.Context, channel string) (Pulse, error)
	// Replayed, when set, is told that webhooks are to be worked again.
	Replayed func()
	// TrustedProxies are the addresses and CIDR ranges whose X-Forwarded-For
	// is believed; nobody's when empty.
	TrustedProxies []string
}

// server implements the routes of the document.
type server struct {
	Deps
	contract *contract
	document []byte                 // as served at /openapi.json
	docs     func() ([]byte, error) // the page at /docs, made when it is first asked for
	origins  *http.CrossOriginProtection
	// reporting has a place for each report that may be in the making.
	reporting chan struct{}
	calls     *gate // of whoever may call
	strangers *gate // of whoever may not, by address
}

var _ api.ServerInterface = (*server)(nil)

// New builds the HTTP side. It fails when the API document or the list of
// proxies cannot be used. The engine is safe for concurrent use.
func New(d Deps) (*gin.Engine, error) {
	s := &server{
		Deps: d, reporting: make(chan struct{}, reportsAtOnce),
		calls: newGate(d.Rate, int(d.Rate*burstSeconds)), strangers: newGate(strangerPerSec, strangerBurst),
	}
	var err error
	if s.document, err = api.DocumentJSON(); err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	if s.contract, err = newContract(s.document); err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	s.docs = sync.OnceValues(func() ([]byte, error) { return docsPage(s.contract, s.document) })
	if s.origins, err = newOriginGuard(d.PublicURL); err != nil {
		return nil, fmt.Errorf("http api: public URL: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	if err := engine.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, fmt.Errorf("http api: trusted proxies: %w", err)
	}
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.Use(s.requestID, s.observe, s.recover, secure, s.webchatDoor)
	engine.NoRoute(func(c *gin.Context) { s.refuse(c, notFound("there is no such address")) })
	engine.NoMethod(func(c *gin.Context) { s.refuse(c, methodNotAllowed()) })
	if d.Webhook != nil {
		engine.GET(webhookRoute, d.Webhook)
		engine.POST(webhookRoute, d.Webhook)
	}
	if d.Console != nil {
		s.serveConsole(engine)
	}
	if d.Widget != nil {
		s.serveWidget(engine)
	}
	routes := engine.Group("", s.authorize, s.deadline, s.checkPath, s.checkQuery, s.checkBody, s.idempotent, s.audited)
	api.RegisterHandlersWithOptions(routes, s, api.GinServerOptions{ErrorHandler: s.unbindable})
	return engine, nil
}

const (
	webhookPath  = "/webhooks/"
	webhookRoute = webhookPath + ":channel_id"
)

// unbindable answers a parameter that passed the document's check and still
// could not be read: that is a hole in the document.
func (s *server) unbindable(c *gin.Context, err error, _ int) {
	s.refuse(c, invalid(fieldError{"", err.Error()}))
}

func (s *server) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
