package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Platform plays the APIs of Telegram, WhatsApp and Messenger, each on an
// address of its own, and remembers every message it was given, word by word:
// a message that leaves in several parts is all of its words, once. It is safe
// for concurrent use.
type Platform struct {
	listeners map[Kind]net.Listener
	servers   []*http.Server
	closing   chan struct{}
	serving   sync.WaitGroup

	mu       sync.Mutex
	words    map[string]int              // how often each was shown to a contact
	texts    map[string]string           // of what was shown, by the message's id
	met      map[string]time.Time        // texts that have had their fault, and when they may come again
	told     map[string]string           // the last news of each word that the hub took over
	breaches []string                    // what the hub must not do
	ids      int                         // of messages
	pause    time.Duration               // before it answers, so that calls are out at any moment
	script   Script                      // of faults
	deliver  func(w Webhook) error       // brings a webhook to the hub, until it is taken
	channel  func(kind Kind) (id string) // of the hub
}

// sending is a message as the platform was asked to send it.
type sending struct {
	kind              Kind
	id, to, text, ref string
}

// NewPlatform starts the platforms.
func NewPlatform() (*Platform, error) {
	p := &Platform{
		listeners: map[Kind]net.Listener{}, closing: make(chan struct{}),
		words: map[string]int{}, texts: map[string]string{}, met: map[string]time.Time{}, told: map[string]string{}, script: Faultless,
	}
	for _, kind := range Kinds() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("platform: %w", err)
		}
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(kind, w, r) })}
		p.listeners[kind], p.servers = l, append(p.servers, server)
		p.serving.Go(func() { _ = server.Serve(l) })
	}
	return p, nil
}

// Close ends the platforms and waits for what they tell.
func (p *Platform) Close() {
	close(p.closing)
	for _, s := range p.servers {
		_ = s.Close()
	}
	p.serving.Wait()
}

// closed tells whether the platforms are gone.
func (p *Platform) closed() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// Addr is where a platform listens.
func (p *Platform) Addr(kind Kind) string { return p.listeners[kind].Addr().String() }

// Script sets the faults, and for how long calls are out.
func (p *Platform) Script(s Script, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script, p.pause = s, pause
}

// Hurry makes it answer at once from now on.
func (p *Platform) Hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = 0
}

// Report has receipts and echoes delivered.
func (p *Platform) Report(channel func(Kind) string, deliver func(Webhook) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.channel, p.deliver = channel, deliver
}

// serve answers a call of any of the APIs.
func (p *Platform) serve(kind Kind, w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the caller has gone: whatever it wanted did not arrive
	}
	w.Header().Set("Content-Type", "application/json")
	s, ok := read(kind, r, raw)
	if !ok {
		_, _ = io.WriteString(w, idle(kind))
		return
	}
	fault, pause := p.note(&s)
	select {
	case <-time.After(pause):
	case <-p.closing:
		return
	}
	if p.show(fault, &s, w, r) {
		if fault.accepts() {
			p.news(&s) // it was accepted, so the platform tells of it
		}
		return
	}
	_, _ = io.WriteString(w, s.answer())
	if fault != Early {
		p.news(&s)
	}
}

// news delivers receipts and echoes of a message in the background.
func (p *Platform) news(s *sending) {
	if s.kind != Telegram {
		p.serving.Go(func() { p.tell(s) })
	}
}

// read answers what a call sends; false for one that shows nothing to anybody.
func read(kind Kind, r *http.Request, raw []byte) (sending, bool) {
	var in struct {
		Chat      json.Number `json:"chat_id"`
		To        string      `json:"to"`
		Text      json.RawMessage
		Callback  string `json:"biz_opaque_callback_data"`
		Recipient struct {
			ID string `json:"id"`
		} `json:"recipient"`
		Message struct {
			Text     string `json:"text"`
			Metadata string `json:"metadata"`
		} `json:"message"`
	}
	if r.Method != http.MethodPost || json.Unmarshal(raw, &in) != nil {
		return sending{}, false
	}
	s := sending{kind: kind}
	switch kind {
	case Telegram:
		s.to = in.Chat.String()
		_ = json.Unmarshal(in.Text, &s.text)
		if !strings.HasSuffix(r.URL.Path, "/sendMessage") {
			return sending{}, false
		}
	case WhatsApp:
		var body struct {
			Body string `json:"body"`
		}
		_ = json.Unmarshal(in.Text, &body)
		s.to, s.text, s.ref = in.To, body.Body, in.Callback
	case Messenger:
		s.to, s.text, s.ref = in.Recipient.ID, in.Message.Text, in.Message.Metadata
	}
	return s, s.text != ""
}

// idle answers calls that send nothing: checks, read marks, profiles.
func idle(kind Kind) string {
	switch kind {
	case Telegram:
		return `{"ok":true,"result":{"id":7001,"is_bot":true,"first_name":"Hub","username":"hub_bot"}}`
	case WhatsApp:
		return `{"success":true,"id":"` + whatsappNumber + `","verified_name":"Hub","display_phone_number":"15550001111"}`
	default:
		return `{"success":true,"result":"success","id":"` + messengerPage + `","name":"Hub","recipient_id":"1"}`
	}
}

// answer is the platform's for a message that it has taken.
func (s *sending) answer() string {
	switch s.kind {
	case Telegram:
		return fmt.Sprintf(`{"ok":true,"result":{"message_id":%s,"date":%d,"chat":{"id":%s,"type":"private"}}}`, s.id, time.Now().Unix(), s.to)
	case WhatsApp:
		return fmt.Sprintf(`{"messaging_product":"whatsapp","contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":%q}]}`, s.to, s.to, s.id)
	default:
		return fmt.Sprintf(`{"recipient_id":%q,"message_id":%q}`, s.to, s.id)
	}
}

// note mints an id, picks the fault that the message meets, counts its words if
// it is shown, and says how long to wait before the answer.
func (p *Platform) note(s *sending) (Fault, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids++
	switch s.kind {
	case Telegram:
		s.id = fmt.Sprint(900_000 + p.ids)
	case WhatsApp:
		s.id = fmt.Sprintf("wamid.OUT%d", p.ids)
	case Messenger:
		s.id = fmt.Sprintf("m_out%d", p.ids)
	}
	fault := NoFault
	notBefore, again := p.met[s.text]
	if !again {
		fault = p.script(s.kind, s.text)
		p.met[s.text] = time.Time{}
		if fault == Throttled {
			p.met[s.text] = time.Now().Add(retryAfter)
		}
	} else if early := time.Until(notBefore); early > 50*time.Millisecond {
		p.breaches = append(p.breaches, fmt.Sprintf("sent before Retry-After: %s, %s too early", s.first(), early))
	}
	if fault.accepts() {
		p.texts[s.id] = s.text
		for _, word := range strings.Fields(s.text) {
			p.words[word]++
		}
	}
	return fault, p.pause
}

// first is the first word of the text.
func (s *sending) first() string {
	word, _, _ := strings.Cut(s.text, " ")
	return word
}

// Count is how often a word was shown to a contact.
func (p *Platform) Count(word string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.words[word]
}

// Words is how often each word was.
func (p *Platform) Words() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.words)
}

// Breaches are what the hub did and must not do.
func (p *Platform) Breaches() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.breaches...)
}
