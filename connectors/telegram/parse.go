package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Parse reads an Update. What it cannot make sense of becomes an Unknown event
// rather than an error: Telegram holds back everything behind an update that is
// refused.
func (b *bot) Parse(req *connectors.Request) ([]normalize.Event, error) {
	u, err := readUpdate(req.Body)
	if err != nil {
		return nil, err
	}
	p := parser{bot: b, update: *u.ID}
	p.read("message", u.Message, p.message)
	p.read("edited_message", u.EditedMessage, p.edit)
	p.read("channel_post", u.ChannelPost, p.message)
	p.read("edited_channel_post", u.EditedChannelPost, p.edit)
	p.read("callback_query", u.CallbackQuery, p.callback)
	p.read("message_reaction", u.MessageReaction, p.reaction)
	p.read("my_chat_member", u.MyChatMember, p.membership)
	p.read("business_connection", u.BusinessConnection, p.connection)
	p.read("business_message", u.BusinessMessage, p.businessMessage)
	p.read("edited_business_message", u.EditedBusinessMessage, p.edit)
	p.read("deleted_business_messages", u.DeletedBusinessMessages, p.deletions)
	if len(p.events) == 0 {
		p.unknown(unfamiliar(req.Body), "")
	}
	return p.events, nil
}

// Skim reads the outside of an Update. A bot is a single account.
func (b *bot) Skim(req *connectors.Request) ([]string, error) {
	_, err := readUpdate(req.Body)
	return nil, err
}

func readUpdate(body []byte) (u update, err error) {
	if err := json.Unmarshal(body, &u); err != nil {
		return u, fmt.Errorf("telegram: parse update: %w: %s", connectors.ErrMalformed, fault(err))
	}
	if u.ID == nil {
		return u, fmt.Errorf("telegram: parse update: %w: no update_id", connectors.ErrMalformed)
	}
	return u, nil
}

// parser collects the events of one update.
type parser struct {
	bot    *bot
	update int64
	events []normalize.Event
}

// read has the kind's own function read it, and keeps a kind that it cannot
// read as Unknown.
func (p *parser) read(kind string, raw json.RawMessage, by func(json.RawMessage) error) {
	if len(raw) == 0 {
		return
	}
	if err := by(raw); err != nil {
		p.unknown(kind, fault(err))
	}
}

func (p *parser) add(e normalize.Event) { p.events = append(p.events, e) }

func (p *parser) unknown(kind, reason string) {
	p.add(normalize.Event{
		Key: p.key("unknown", kind), Type: normalize.EventUnknown,
		Unknown: &normalize.Unknown{Kind: kind, Reason: reason},
	})
}

// key names something that has no identity of its own, by its update: Telegram
// repeats an update under the same id. about keeps ids that begin anew (after a
// week without updates) apart.
func (p *parser) key(prefix, about string) string {
	return prefix + ":" + about + ":" + strconv.FormatInt(p.update, 10)
}

// unfamiliar names the kind of an update that has none of those we know.
func unfamiliar(body []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return "update"
	}
	delete(members, "update_id")
	if len(members) == 0 {
		return "empty"
	}
	return first(members)
}

// first is the name that sorts first, so that the same bytes give the same; one
// that is empty is named as such.
func first(members map[string]json.RawMessage) string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	if name := slices.Min(names); name != "" {
		return shortened(name)
	}
	return "unnamed"
}

// shortened bounds a name that the platform (or a forger) chose.
func shortened(name string) string {
	const most = 64
	for i := range name {
		if i >= most {
			return name[:i]
		}
	}
	return name
}

// errIncomplete is met where an update lacks what names it.
var errIncomplete = errors.New("chat or message id is missing")

// fault says what is wrong with a body without repeating what it holds.
func fault(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Sprintf("%q is not of the expected type", wrongType.Field)
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	case errors.Is(err, errIncomplete):
		return errIncomplete.Error()
	}
	return "cannot be read"
}
