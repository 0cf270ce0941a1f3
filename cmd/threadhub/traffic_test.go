package main_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// letter is a message of a contact, as the platform knows it.
type letter struct {
	channel, contact, external, text string
}

// webhook is one delivery of a platform.
type webhook struct {
	path    string
	header  http.Header
	body    []byte
	letters []letter
}

// answer is a reply that the hub took over.
type answer struct {
	id, conversation, text string
	// doubtful: the hub died over the request and it was not repeated under
	// its key, so it may have been taken over or not.
	doubtful bool
}

// traffic is what platforms and agents do while hubs come and go, and the
// ledger of what they were promised.
type traffic struct {
	hub      *hub
	platform *platform
	telegram string // channel ids
	whatsapp string
	rnd      *rand.Rand // of the pump of webhooks alone
	contacts int        // on each channel

	running sync.WaitGroup
	stop    context.CancelFunc

	mu       sync.Mutex
	numbered int
	accepted map[string]letter // by text
	repeated int               // webhooks that were sent again
	answers  map[string]answer // by text
	faults   []string
	open     []string // conversations to reply to
}

// newTraffic registers a Telegram and a WhatsApp channel and an agent at the hub.
func newTraffic(h *hub, p *platform, rnd *rand.Rand, contacts int) *traffic {
	h.t.Helper()
	h.hire()
	return &traffic{
		hub: h, platform: p, rnd: rand.New(rand.NewPCG(rnd.Uint64(), 0)), contacts: contacts,
		telegram: h.channel("telegram", p.URL), whatsapp: h.channel("whatsapp", p.URL),
		accepted: map[string]letter{}, answers: map[string]answer{},
	}
}

// begin sends so many webhooks and replies a second until end; half as many to
// a hub that the race detector slows down.
func (f *traffic) begin(webhooks, replies int) {
	if raceDetector {
		webhooks, replies = (webhooks+1)/2, (replies+1)/2
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	f.pump(ctx, webhooks, func() {
		w := f.webhook()
		f.running.Go(func() { f.deliver(w) })
	})
	n := 0
	f.pump(ctx, replies, func() {
		n++
		text := fmt.Sprintf("reply-%05d", n)
		if id := f.conversation(n); id != "" {
			f.running.Go(func() { f.reply(id, text) })
		}
	})
	f.pump(ctx, 2, func() { f.look(ctx) })
}

// end makes no more traffic and waits until what is under way has been taken.
func (f *traffic) end() {
	f.stop()
	f.running.Wait()
}

// pump calls fn so many times a second. A machine that is too slow for that
// has fewer calls.
func (f *traffic) pump(ctx context.Context, perSecond int, fn func()) {
	f.running.Go(func() {
		t := time.NewTicker(time.Second / time.Duration(perSecond))
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				fn()
			}
		}
	})
}

func (f *traffic) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// webhook makes the next delivery: an update of Telegram's, or a batch of one
// to four messages of WhatsApp's.
func (f *traffic) webhook() webhook {
	if f.rnd.IntN(2) == 0 {
		return f.update()
	}
	return f.batch(1 + f.rnd.IntN(4))
}

// letter writes the next message, with an id of the platform's own.
func (f *traffic) letter(channel, contact string, external func(n int) string) letter {
	f.mu.Lock()
	f.numbered++
	n := f.numbered
	f.mu.Unlock()
	return letter{channel: channel, contact: contact, external: external(n), text: fmt.Sprintf("letter %06d", n)}
}

func (f *traffic) update() webhook {
	user := 50_000_000 + f.rnd.IntN(f.contacts)
	var id int
	l := f.letter(f.telegram, fmt.Sprint(user), func(n int) string {
		id = n
		return fmt.Sprintf("%d:%d", user, n)
	})
	return webhook{
		path: "/webhooks/" + f.telegram, header: http.Header{"X-Telegram-Bot-Api-Secret-Token": {telegramSecret}}, letters: []letter{l},
		body: encoded(object{"update_id": 700_000 + id, "message": object{
			"message_id": id, "date": time.Now().Unix(), "text": l.text,
			"from": object{"id": user, "is_bot": false, "first_name": "Ana"}, "chat": object{"id": user, "type": "private", "first_name": "Ana"},
		}}),
	}
}

func (f *traffic) batch(size int) webhook {
	w := webhook{path: "/webhooks/" + f.whatsapp}
	var messages, contacts []object
	for range size {
		from := fmt.Sprintf("1555%07d", f.rnd.IntN(f.contacts))
		l := f.letter(f.whatsapp, from, func(n int) string { return fmt.Sprintf("wamid.IN%d", n) })
		w.letters = append(w.letters, l)
		messages = append(messages, object{"from": from, "id": l.external, "timestamp": fmt.Sprint(time.Now().Unix()), "type": "text", "text": object{"body": l.text}})
		contacts = append(contacts, object{"profile": object{"name": "Bo"}, "wa_id": from})
	}
	w.body = encoded(object{"object": "whatsapp_business_account", "entry": []object{{"id": "206000000000001", "changes": []object{{
		"field": "messages", "value": object{
			"messaging_product": "whatsapp", "metadata": object{"display_phone_number": "15550001111", "phone_number_id": whatsappNumber},
			"contacts": contacts, "messages": messages,
		},
	}}}}})
	mac := hmac.New(sha256.New, []byte(whatsappSecret))
	mac.Write(w.body)
	w.header = http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
	return w
}

func encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // of what the tests make themselves
	}
	return raw
}

// tries calls fn until it is satisfied, as platforms and clients do when they
// get no answer or one that says to come again.
func (f *traffic) tries(what string, fn func(ctx context.Context) (satisfied bool)) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for !fn(ctx) {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			f.fault("not taken in time: %s", what)
			return
		}
	}
}

// deliver sends a webhook until it is answered with 200.
func (f *traffic) deliver(w webhook) {
	attempts := 0
	f.tries("webhook with "+w.letters[0].text, func(ctx context.Context) bool {
		attempts++
		status, body, err := f.hub.do(ctx, http.MethodPost, w.path, w.header, w.body)
		if err != nil || status == http.StatusServiceUnavailable {
			return false
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if status != http.StatusOK {
			f.faults = append(f.faults, fmt.Sprintf("webhook answered %d: %s: %s", status, w.letters[0].text, body))
			return true
		}
		if attempts > 1 {
			f.repeated++
		}
		for _, l := range w.letters {
			f.accepted[l.text] = l
		}
		return true
	})
}

// conversations are those to reply to.
func (f *traffic) conversations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// conversation picks one of them, in turns.
func (f *traffic) conversation(n int) string {
	open := f.conversations()
	if len(open) == 0 {
		return ""
	}
	return open[n%len(open)]
}

// look learns of conversations.
func (f *traffic) look(ctx context.Context) {
	all, err := list[conversation](ctx, f.hub, "/v1/conversations")
	if err != nil {
		return // the hub is down; there will be another look
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = ids
}

// reply asks the hub to send a text, again under the same key when there is no
// answer. A request that died with the hub holds its key for a while: whether
// it was taken over then stays open.
func (f *traffic) reply(conversation, text string) {
	path, body := "/v1/conversations/"+conversation+"/messages", encoded(object{"text": text})
	header := bearer(f.hub.agent)
	header.Set("Idempotency-Key", text)
	f.tries(text, func(ctx context.Context) bool {
		status, raw, err := f.hub.do(ctx, http.MethodPost, path, header, body)
		if err != nil || status == http.StatusServiceUnavailable {
			return false
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		var m message
		switch {
		case status == http.StatusAccepted && json.Unmarshal(raw, &m) == nil:
			f.answers[text] = answer{id: m.ID, conversation: conversation, text: text}
		case status == http.StatusConflict && bytes.Contains(raw, []byte("idempotency_in_progress")):
			f.answers[text] = answer{conversation: conversation, text: text, doubtful: true}
		default:
			f.faults = append(f.faults, fmt.Sprintf("reply answered %d: %s: %s", status, text, raw))
		}
		return true
	})
}
