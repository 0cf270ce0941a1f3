package webchat

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"threadhub/threads"
)

// cursor is where a reader stands: for each contact a conversation and the
// latest message of it that they have, by the order in which messages came. It
// stays right whatever is written meanwhile, and grants nothing: whose
// conversations may be read follows from the session.
type cursor struct {
	At     time.Time // when it was made
	Places map[threads.ContactID]place
}

// place is in a conversation; what came before it is known.
type place struct {
	Conversation threads.ConversationID
	Sequence     int64
}

// packed is a cursor as clients keep it.
type packed struct {
	At     int64         `json:"t"`
	Places []packedPlace `json:"p"`
}

type packedPlace struct {
	Contact      threads.ContactID      `json:"c"`
	Conversation threads.ConversationID `json:"v"`
	Sequence     int64                  `json:"s"`
}

// maxPlaces is more than a session has contacts.
const maxPlaces = 4

func (c cursor) String() string {
	p := packed{At: c.At.UnixMilli()}
	for contact, at := range c.Places {
		p.Places = append(p.Places, packedPlace{contact, at.Conversation, at.Sequence})
	}
	raw, err := json.Marshal(p)
	if err != nil { // texts and numbers always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// readCursor answers false for what String has not made.
func readCursor(text string) (cursor, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var p packed
	if err != nil || json.Unmarshal(raw, &p) != nil || p.At <= 0 || len(p.Places) > maxPlaces {
		return cursor{}, false
	}
	c := cursor{At: time.UnixMilli(p.At).UTC(), Places: map[threads.ContactID]place{}}
	for _, at := range p.Places {
		if at.Contact == "" || at.Conversation == "" || at.Sequence < 0 {
			return cursor{}, false
		}
		c.Places[at.Contact] = place{at.Conversation, at.Sequence}
	}
	return c, true
}

// with is the cursor moved on in one contact's conversations.
func (c cursor) with(contact threads.ContactID, at place) cursor {
	places := map[threads.ContactID]place{contact: at}
	for other, p := range c.Places {
		if other != contact {
			places[other] = p
		}
	}
	return cursor{At: c.At, Places: places}
}
