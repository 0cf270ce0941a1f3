package slack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// webhook is what one POST holds: an event, an interaction or a command.
type webhook struct {
	head        *head     // of an event
	envelope    *envelope // of an event, unless only the head was asked for
	interaction *interaction
	command     url.Values
	faulty      error // a part of another type than documented
}

// Parse reads the event, the interaction or the command.
func (b *bot) Parse(req *connectors.Request) ([]normalize.Event, error) {
	hook, err := readBody(req.Body, true)
	if err != nil {
		return nil, err
	}
	p := parser{bot: b, body: req.Body}
	switch {
	case hook.interaction != nil:
		p.kind = hook.interaction.Type
		p.interact(hook.interaction)
	case hook.command != nil:
		p.kind = "command"
		p.command(hook.command)
	default:
		p.envelope, p.kind = hook.envelope, hook.envelope.Type
		err = p.outer(hook.faulty)
	}
	if hook.faulty != nil && len(p.events) == 0 {
		err = hook.faulty
	}
	if err != nil {
		p.unknown(fault(err))
	}
	for i := range p.events {
		p.events[i].Account = b.account(hook)
	}
	return p.events, nil
}

// Skim reads the outside, and which workspace it is of.
func (b *bot) Skim(req *connectors.Request) ([]string, error) {
	hook, err := readBody(req.Body, false)
	if err != nil {
		return nil, err
	}
	if account := b.account(hook); account != "" {
		return []string{account}, nil
	}
	return nil, nil
}

// account is the workspace, where that matters. Apps installed for a whole
// organisation may name that alone.
func (b *bot) account(hook webhook) string {
	if b.team == "" {
		return ""
	}
	team, organisation := "", ""
	switch {
	case hook.interaction != nil && hook.interaction.Team != nil:
		team, organisation = hook.interaction.Team.ID, hook.interaction.Team.EnterpriseID
	case hook.command != nil:
		team, organisation = hook.command.Get("team_id"), hook.command.Get("enterprise_id")
	case hook.head != nil:
		team, organisation = hook.head.TeamID, hook.head.EnterpriseID
	}
	if team != "" {
		return team
	}
	return organisation
}

// readBody tells the forms apart and reads each, of an event only the head
// unless whole is set.
func readBody(body []byte, whole bool) (webhook, error) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		hook := webhook{envelope: new(envelope)}
		hook.head = &hook.envelope.head
		var into any = hook.head
		if whole {
			into = hook.envelope
		}
		hook.faulty = json.Unmarshal(body, into)
		if hook.faulty != nil && !wrongType(hook.faulty) || hook.head.Type == "" {
			return webhook{}, malformed("the event has no type")
		}
		return hook, nil
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return webhook{}, malformed("neither JSON nor a form")
	case form.Has("payload"):
		it := new(interaction)
		err := json.Unmarshal([]byte(form.Get("payload")), it)
		if err != nil && !wrongType(err) || it.Type == "" {
			return webhook{}, malformed("the payload has no type")
		}
		return webhook{interaction: it, faulty: err}, nil
	case form.Get("command") != "" || form.Get("ssl_check") != "":
		return webhook{command: form}, nil
	}
	return webhook{}, malformed("neither an event nor an interaction nor a command")
}

func malformed(why string) error { return fmt.Errorf("slack: %s: %w", why, connectors.ErrMalformed) }

// parser gathers the events of one webhook.
type parser struct {
	bot      *bot
	envelope *envelope // of an event
	body     []byte
	kind     string
	events   []normalize.Event
}

func (p *parser) add(e normalize.Event) { p.events = append(p.events, e) }

// unknown keeps what has no meaning here.
func (p *parser) unknown(reason string) {
	p.add(normalize.Event{
		Key: p.key("unk"), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: shortened(p.kind), Reason: reason},
	})
}

// key names what has no identity of its own. Slack repeats an event under its
// event_id; an interaction is made once.
func (p *parser) key(prefix string) string {
	if p.envelope != nil && p.envelope.EventID != "" {
		return prefix + ":" + p.envelope.EventID
	}
	sum := sha256.Sum256(p.body)
	return prefix + ":" + hex.EncodeToString(sum[:16])
}

// outer reads what the Events API posts. A fault of the event's own costs it; one
// beside it does not.
func (p *parser) outer(faulty error) error {
	env := p.envelope
	switch env.Type {
	case "event_callback":
	case "app_rate_limited":
		p.add(normalize.Event{
			Key: "ntc:" + env.Type + ":" + env.TeamID + ":" + fmt.Sprint(env.Limited), Type: normalize.EventChannel, At: unix(env.Limited),
			Notice: &normalize.Notice{Kind: env.Type, Text: "Slack withholds events: there were more than 30,000 within an hour"},
		})
		return nil
	default:
		p.unknown("")
		return nil
	}
	if env.Event == nil {
		return errIncomplete
	}
	if env.Event.Type != "" {
		p.kind = env.Event.Type
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(faulty, &wrong) && (wrong.Field == "" || strings.HasPrefix(wrong.Field, "event.")) {
		return faulty
	}
	return p.inner(env.Event)
}

// inner has the type's own function read an event.
func (p *parser) inner(e *event) error {
	switch e.Type {
	case "message", "app_mention":
		if e.Subtype != "" {
			p.kind += "/" + e.Subtype
		}
		return p.message(e)
	case "reaction_added", "reaction_removed":
		return p.reaction(e)
	case "app_uninstalled", "tokens_revoked":
		p.goodbye(e)
		return nil
	}
	p.unknown("")
	return nil
}

// goodbye reads that the app is not let in any more.
func (p *parser) goodbye(e *event) {
	n := &normalize.Notice{Kind: e.Type, Text: "The app was removed from the workspace"}
	if e.Type == "tokens_revoked" {
		n.Text = "Slack revoked tokens of the app"
		if e.Tokens != nil && len(e.Tokens.Bot) == 0 && len(e.Tokens.OAuth) > 0 {
			n.Text = "Slack revoked tokens of users; the bot's still works"
		}
	}
	p.add(normalize.Event{Key: p.key("ntc"), Type: normalize.EventChannel, At: unix(p.envelope.EventTime), Notice: n})
}

// shortened bounds a name that came from outside.
func shortened(name string) string {
	const most = 64
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}

// Faults of an event that is kept as Unknown.
var (
	errIncomplete = errors.New("what the event is about is missing")
	errOurs       = errors.New("the app itself did this")
	errOtherApp   = errors.New("another app wrote this: it is not answered, lest two apps answer each other")
	errPreview    = errors.New("only a preview was added")
	errThread     = errors.New("it says nothing that the reply itself does not")
)

// fault says what is wrong with an event without repeating what it holds.
func fault(err error) string {
	for _, known := range []error{errIncomplete, errOurs, errOtherApp, errPreview, errThread} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Sprintf("%q is not of the expected type", wrong.Field)
	}
	return "cannot be read"
}

// wrongType tells a value of the wrong type, after which decoding went on, from
// JSON that is none.
func wrongType(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong)
}
