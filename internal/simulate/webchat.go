package simulate

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const kindWebchat = "webchat"

// chatSite is the site that the simulated visitors come from.
const chatSite = "https://shop.example"

// webchat plays the visitors of a site with the hub's chat on it, by the API
// that the widget uses. The site vouches for them, so that they are the same
// people in every run. There is no platform in between: what is written to a
// visitor comes to them over their stream.
type webchat struct {
	*desk
	secret string
	tell   func(Sent)

	visits map[int]*visit // by customer
	ctx    context.Context
	stop   context.CancelFunc
	group  sync.WaitGroup
}

// visit is a visitor's session. Its mutex is held while it is opened.
type visit struct {
	mu    sync.Mutex
	who   Customer
	token string
	open  bool
}

func newWebchat(cfg Config) *webchat {
	w := &webchat{
		desk: newDesk(kindWebchat, cfg), secret: cfg.secret("identity_secret", "site-"), tell: func(Sent) {}, visits: map[int]*visit{},
	}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

func (w *webchat) Account() Account {
	return Account{
		Kind: kindWebchat, Title: "Web chat", Own: "/webchat/", Credentials: map[string]string{"identity_secret": w.secret},
		Settings: map[string]any{"allowed_origins": []any{chatSite}, "greeting": "Hello! How can we help?"},
	}
}

// Person is what the site calls a user, as the hub names those vouched for.
func (w *webchat) Person(c Customer) string { return "user:" + w.user(c) }

func (w *webchat) user(c Customer) string { return fmt.Sprintf("customer-%03d", c.Index+1) }

// Retries: a page sends until it is answered.
func (w *webchat) Retries() Retries {
	return Retries{First: time.Second, Max: 30 * time.Second, GiveUp: 24 * time.Hour, Ordered: true, Obeys: true}
}

// Serve answers nothing: a hub calls nobody for its own chat.
func (w *webchat) Serve(Call) Answer {
	return refused(http.StatusNotFound, map[string]any{"error": "the web chat has no API of its own"})
}

// Webhook has nothing to write: see Carry.
func (w *webchat) Webhook(Act) (Webhook, string, bool) { return Webhook{}, "", false }

// House keeps whom to tell of what visitors are shown.
func (w *webchat) House(base string, sent func(Sent)) {
	w.desk.House(base, sent)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell = sent
}

// Close ends all visits.
func (w *webchat) Close() error {
	w.stop()
	w.group.Wait()
	return nil
}

// page is where a visitor calls the hub.
type page struct {
	client  *http.Client
	address string // of the chat
	token   string
}

// Carry does what a visitor's page would.
func (w *webchat) Carry(ctx context.Context, client *http.Client, address string, act Act) (id string, ok bool, err error) {
	draft := map[string]any{}
	switch act.Kind {
	case Say:
		draft["text"] = act.Text
	case Photo:
		if act.Text != "" {
			draft["text"] = act.Text
		}
	case Place:
		draft["location"] = map[string]any{"latitude": act.Latitude, "longitude": act.Longitude, "name": act.Text}
	case Press:
		draft["text"], draft["postback"] = act.Button.Title, map[string]any{"kind": "button", "id": act.Button.ID, "title": act.Button.Title}
	case Receipt:
		return w.seen(ctx, page{client: client, address: address}, act)
	default: // visitors neither edit nor react
		return "", false, nil
	}
	p, err := w.visit(ctx, client, address, act.By)
	if err != nil {
		return "", true, err
	}
	// The same act has the same id, however often it is carried.
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%d/%s/%s", w.seed, act.By.Index, act.At.UnixNano(), act.Kind, act.Text))
	draft["client_id"] = hex.EncodeToString(sum[:12])
	draft["page"] = map[string]any{"url": chatSite + "/help", "title": "Help"}
	if act.Kind == Photo {
		if draft["attachment_ids"], err = p.upload(ctx, hex.EncodeToString(sum[:8])); err != nil {
			return "", true, err
		}
	}
	var kept struct {
		ID string `json:"id"`
	}
	err = p.call(ctx, http.MethodPost, "/messages", bytes.NewReader(encode(draft)), &kept)
	return kept.ID, true, err
}

// seen says what a visitor has looked at. What arrived the hub knows from what
// the page fetched.
func (w *webchat) seen(ctx context.Context, p page, act Act) (string, bool, error) {
	if act.Status != "read" {
		return "", act.Status == "delivered", nil
	}
	p, err := w.visit(ctx, p.client, p.address, act.By)
	if err != nil {
		return "", true, err
	}
	return "", true, p.call(ctx, http.MethodPost, "/read", bytes.NewReader(encode(map[string]any{"up_to": act.Target})), nil)
}

// visit answers a visitor's page, which it opens the first time.
func (w *webchat) visit(ctx context.Context, client *http.Client, address string, who Customer) (page, error) {
	w.mu.Lock()
	v := w.visits[who.Index]
	if v == nil {
		v = &visit{who: who}
		w.visits[who.Index] = v
	}
	w.mu.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	p := page{client: client, address: address, token: v.token}
	if v.open {
		return p, nil
	}
	var session struct {
		Token string `json:"visitor_token"`
	}
	err := p.call(ctx, http.MethodPost, "/sessions", bytes.NewReader(encode(map[string]any{
		"locale": who.Lang, "identity": map[string]any{"jwt": w.vouch(who, time.Now())},
	})), &session)
	if err != nil {
		return p, err
	}
	v.token, v.open = session.Token, true
	p.token = session.Token
	// What was written before this visit is not shown again.
	var before struct {
		Cursor string `json:"cursor"`
	}
	if err := p.call(ctx, http.MethodGet, "/messages?limit=1", nil, &before); err != nil {
		v.open = false
		return p, err
	}
	if w.ctx.Err() == nil {
		w.group.Go(func() { w.follow(p, who, before.Cursor) })
	}
	return p, nil
}

// vouch is the site's signed word for who a visitor is.
func (w *webchat) vouch(who Customer, at time.Time) string {
	part := func(v map[string]any) string { return base64.RawURLEncoding.EncodeToString(encode(v)) }
	words := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{
		"external_id": w.user(who), "name": who.Name(), "iat": at.Unix(), "exp": at.Add(30 * time.Minute).Unix(),
	})
	return words + "." + base64.RawURLEncoding.EncodeToString(hmacOf(sha256.New, w.secret, words))
}

// call speaks JSON to the hub as the site's page.
func (p page) call(ctx context.Context, method, path string, body io.Reader, out any) error {
	resp, err := p.do(ctx, method, path, body, "application/json")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	switch {
	case err != nil:
		return fmt.Errorf("simulate: web chat: %w", err)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("simulate: web chat: %w", &hubError{resp.StatusCode, string(raw[:min(len(raw), 300)])})
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("simulate: web chat: %w", err)
	}
	return nil
}

func (p page) do(ctx context.Context, method, path string, body io.Reader, kind string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.address+path, body)
	if err != nil {
		return nil, fmt.Errorf("simulate: web chat: %w", err)
	}
	req.Header.Set("Origin", chatSite)
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("simulate: web chat: %w", err)
	}
	return resp, nil
}

// upload hands a picture over and answers what a message names it by.
func (p page) upload(ctx context.Context, key string) ([]any, error) {
	resp, err := p.do(ctx, http.MethodPost, "/attachments?name=photo.png", bytes.NewReader(picture(key, 480, 320)), "application/octet-stream")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var file struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&file); err != nil || file.ID == "" {
		return nil, errors.Join(errors.New("simulate: web chat: the file was not taken: "+resp.Status), err)
	}
	return []any{file.ID}, nil
}

// follow reads the visitor's stream, again and again, until the visit ends.
func (w *webchat) follow(p page, who Customer, after string) {
	for w.ctx.Err() == nil {
		after = w.listen(p, who, after)
		sleep(w.ctx, time.Second)
	}
}

// listen reads one stream to its end and answers where to go on.
func (w *webchat) listen(p page, who Customer, after string) string {
	resp, err := p.do(w.ctx, http.MethodGet, "/stream?"+url.Values{"last_event_id": {after}}.Encode(), nil, "")
	if err != nil {
		return after
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	var id, kind, data string
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			data = value
		case "":
			after = cmp.Or(id, after)
			if kind == "message.created" {
				w.shown(who, []byte(data))
			}
			id, kind, data = "", "", ""
		}
	}
	return after
}

// shown tells of a message that the visitor sees.
func (w *webchat) shown(who Customer, data []byte) {
	var m struct {
		ID     string `json:"id"`
		Type   string `json:"type"`
		Text   string `json:"text"`
		Author struct {
			Type string `json:"type"`
		} `json:"author"`
		Buttons []struct{ ID, Title string } `json:"buttons"`
	}
	if json.Unmarshal(data, &m) != nil || m.Author.Type == "visitor" {
		return
	}
	s := Sent{Kind: w.name, Customer: who.Index, To: who.Name(), ID: m.ID, Type: m.Type, Text: m.Text, At: time.Now()}
	for _, b := range m.Buttons {
		s.Buttons = append(s.Buttons, Button{b.ID, b.Title})
	}
	w.mu.Lock()
	tell := w.tell
	w.mu.Unlock()
	tell(s)
}
