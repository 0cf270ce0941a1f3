package discord

import (
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// news reads a webhook event (platforms/discord: Payloads). Its order is not
// that of what happened.
func (p *parser) news(d *delivery) string {
	var data struct {
		User        *user  `json:"user"`
		Integration *int   `json:"integration_type"` // 0 a server, 1 a person
		Guild       *guild `json:"guild"`
		ID          string `json:"id"`
		UserID      string `json:"user_id"`
		SKU         string `json:"sku_id"`
	}
	if len(d.Event.Data) > 0 {
		if err := json.Unmarshal(d.Event.Data, &data); err != nil {
			return fault(err)
		}
	}
	e := normalize.Event{Key: "news:" + p.digest(), At: moment(d.Event.Timestamp), Peer: data.User.peer()}
	if e.Peer.ID == "" && data.UserID != "" {
		e.Peer = (&user{ID: data.UserID}).peer()
	}
	kind := d.Event.Type
	personal := e.Peer.ID != "" && (data.Integration == nil || *data.Integration == 1)
	switch {
	case kind == "APPLICATION_AUTHORIZED" && personal:
		e.Type, e.Consent = normalize.EventConsent, &normalize.Consent{Status: normalize.ConsentOptedIn}
	case kind == "APPLICATION_DEAUTHORIZED" && personal:
		// They may still share a server with the bot, through which messages
		// reach them: they said no all the same.
		e.Type, e.Consent = normalize.EventConsent, &normalize.Consent{Status: normalize.ConsentOptedOut}
	case strings.HasPrefix(kind, "LOBBY_MESSAGE_"), strings.HasPrefix(kind, "GAME_DIRECT_MESSAGE_"):
		return "what players write to each other is no conversation with the business"
	default:
		text, known := headlines()[kind]
		if !known {
			return "the hub knows no use for it"
		}
		e.Type = normalize.EventChannel
		e.Notice = &normalize.Notice{Kind: strings.ToLower(kind), Text: text, Data: map[string]string{}}
		note(e.Notice.Data, "guild_id", data.Guild.id())
		note(e.Notice.Data, "id", data.ID)
		note(e.Notice.Data, "sku_id", data.SKU)
		if len(e.Notice.Data) == 0 {
			e.Notice.Data = nil
		}
	}
	p.add(e)
	return ""
}

type guild struct {
	ID string `json:"id"`
}

func (g *guild) id() string {
	if g == nil {
		return ""
	}
	return g.ID
}

func note(data map[string]string, name, value string) {
	if value != "" {
		data[name] = shortened(value)
	}
}

// headlines are webhook events that are news about the application.
func headlines() map[string]string {
	return map[string]string{
		"APPLICATION_AUTHORIZED":   "The application was added",
		"APPLICATION_DEAUTHORIZED": "The application was removed",
		"ENTITLEMENT_CREATE":       "Somebody was given a premium offer of the application",
		"ENTITLEMENT_UPDATE":       "Somebody's premium offer of the application changed",
		"ENTITLEMENT_DELETE":       "Somebody's premium offer of the application ended",
		"QUEST_USER_ENROLLMENT":    "Somebody took up a quest",
	}
}
