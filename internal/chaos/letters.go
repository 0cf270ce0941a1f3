package chaos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Letter is a message of a contact, as the platform knows it.
type Letter struct {
	Channel, Contact, External, Text string
}

// Webhook is one delivery of a platform.
type Webhook struct {
	Path    string
	Header  http.Header
	Body    []byte
	Letters []Letter
}

// post writes the webhooks of platforms. Its random choices are its own. It is
// safe for concurrent use.
type post struct {
	channels map[Kind]string
	contacts int // on each channel

	mu       sync.Mutex
	rnd      *rand.Rand
	numbered int
}

// next makes a delivery with new messages: one of a channel's at random.
func (p *post) next(kinds []Kind) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch kinds[p.rnd.IntN(len(kinds))] {
	case WhatsApp:
		return p.batch(1 + p.rnd.IntN(4))
	case Messenger:
		return p.messaging()
	default:
		return p.update()
	}
}

// from makes a message of a contact, of whom there may be none yet.
func (p *post) from(kind Kind) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch kind {
	case WhatsApp:
		return p.batch(1)
	case Messenger:
		return p.messaging()
	default:
		return p.update()
	}
}

// letter writes the next message, with an id of the platform's own.
func (p *post) letter(kind Kind, contact string, external func(n int) string) Letter {
	p.numbered++
	return Letter{Channel: p.channels[kind], Contact: contact, External: external(p.numbered), Text: fmt.Sprintf("letter %06d", p.numbered)}
}

func (p *post) update() Webhook {
	user := 50_000_000 + p.rnd.IntN(p.contacts)
	var id int
	l := p.letter(Telegram, fmt.Sprint(user), func(n int) string {
		id = n
		return fmt.Sprintf("%d:%d", user, n)
	})
	return Webhook{
		Path: "/webhooks/" + l.Channel, Header: http.Header{"X-Telegram-Bot-Api-Secret-Token": {TelegramSecret}}, Letters: []Letter{l},
		Body: Encoded(Object{"update_id": 700_000 + id, "message": Object{
			"message_id": id, "date": time.Now().Unix(), "text": l.Text,
			"from": Object{"id": user, "is_bot": false, "first_name": "Ana"}, "chat": Object{"id": user, "type": "private", "first_name": "Ana"},
		}}),
	}
}

// batch is a webhook of WhatsApp's with several messages.
func (p *post) batch(size int) Webhook {
	var letters []Letter
	var messages, contacts []Object
	for range size {
		from := fmt.Sprintf("1555%07d", p.rnd.IntN(p.contacts))
		l := p.letter(WhatsApp, from, func(n int) string { return fmt.Sprintf("wamid.IN%d", n) })
		letters = append(letters, l)
		messages = append(messages, Object{"from": from, "id": l.External, "timestamp": fmt.Sprint(time.Now().Unix()), "type": "text", "text": Object{"body": l.Text}})
		contacts = append(contacts, Object{"profile": Object{"name": "Bo"}, "wa_id": from})
	}
	w := whatsappWebhook(p.channels[WhatsApp], Object{"contacts": contacts, "messages": messages})
	w.Letters = letters
	return w
}

// whatsappWebhook is one of WhatsApp's with a value.
func whatsappWebhook(channel string, value Object) Webhook {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = Object{"display_phone_number": "15550001111", "phone_number_id": whatsappNumber}
	return signed(channel, WhatsAppSecret, Object{"object": "whatsapp_business_account", "entry": []Object{{
		"id": whatsappAccount, "changes": []Object{{"field": "messages", "value": value}},
	}}})
}

func (p *post) messaging() Webhook {
	user := fmt.Sprintf("72%014d", p.rnd.IntN(p.contacts))
	l := p.letter(Messenger, user, func(n int) string { return fmt.Sprintf("m_in%d", n) })
	w := messengerWebhook(p.channels[Messenger], user, messengerPage, Object{"mid": l.External, "text": l.Text})
	w.Letters = []Letter{l}
	return w
}

// messengerWebhook is one of Messenger's with a message.
func messengerWebhook(channel, from, to string, message Object) Webhook {
	now := time.Now().UnixMilli()
	return signed(channel, messengerSecret, Object{"object": "page", "entry": []Object{{
		"id": messengerPage, "time": now, "messaging": []Object{{
			"sender": Object{"id": from}, "recipient": Object{"id": to}, "timestamp": now, "message": message,
		}},
	}}})
}

// signed is a webhook of Meta's.
func signed(channel, secret string, body Object) Webhook {
	w := Webhook{Path: "/webhooks/" + channel, Body: Encoded(body)}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(w.Body)
	w.Header = http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
	return w
}

// forged is a webhook that its platform did not send: its proof is another's.
func (w Webhook) forged() Webhook {
	w.Header = w.Header.Clone()
	for name, values := range w.Header {
		proof := []byte(values[0])
		proof[len(proof)-1] ^= 1 // of a digest, still hexadecimal but for a few
		w.Header[name] = []string{string(proof)}
	}
	return w
}
