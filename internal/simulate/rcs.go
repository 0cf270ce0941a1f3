package simulate

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const kindRCS = "rcs"

// rcs plays RCS for Business: one agent (platforms/rcs).
type rcs struct {
	*desk
	account, word, agent, access string
	public                       *rsa.PublicKey
	shown                        map[string]bool // messages by the ids that the sender gave them
}

func newRCS(cfg Config) *rcs {
	r := &rcs{
		desk: newDesk(kindRCS, cfg), account: cfg.Credentials["service_account_key"], word: cfg.secret("client_token", "rcs-"),
		agent: cfg.setting("agent_id", "demo_shop_agent@rbm.goog"), access: cfg.secret("access_token", "ya29.demo-"), shown: map[string]bool{},
	}
	if r.account == "" {
		r.account = serviceAccount()
	}
	r.public = publicKey(r.account)
	return r
}

// serviceAccount makes the JSON file of a service account.
func serviceAccount() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("simulate: rcs: " + err.Error()) // randomness does not fail
	}
	return string(encode(map[string]any{
		"type": "service_account", "client_email": "sender@demo-shop.iam.gserviceaccount.example", "private_key_id": "demo",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}))
}

// publicKey is that of a service account's file, nil if it holds none.
func publicKey(account string) *rsa.PublicKey {
	block, _ := pem.Decode([]byte(text(object(decode([]byte(account)))["private_key"])))
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return &key.PublicKey
	}
	key, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	if private, ok := key.(*rsa.PrivateKey); ok {
		return &private.PublicKey
	}
	return nil
}

func (r *rcs) Account() Account {
	return Account{
		Kind: kindRCS, Title: "RCS", Settings: map[string]any{"agent_id": r.agent},
		Credentials: map[string]string{"service_account_key": r.account, "client_token": r.word},
	}
}

// Retries grow up to 600 seconds, for seven days (platforms/rcs: Response).
func (r *rcs) Retries() Retries {
	return Retries{First: time.Second, Max: 600 * time.Second, GiveUp: 7 * 24 * time.Hour}
}

// Person is what the platform calls a customer.
func (r *rcs) Person(c Customer) string { return "+" + c.phone() }

// Handshake is Google's question, which names the client token.
func (r *rcs) Handshake() (Webhook, func(int, []byte) bool) {
	const secret = "1234567890"
	return Webhook{Header: jsonHeader(), Body: encode(map[string]any{"clientToken": r.word, "secret": secret})}, answers(secret)
}

// Webhook writes an event in Pub/Sub's envelope. What is signed is the event.
func (r *rcs) Webhook(act Act) (Webhook, string, bool) {
	event := map[string]any{"senderPhoneNumber": r.Person(act.By), "sendTime": act.At.UTC().Format(time.RFC3339Nano), "agentId": r.agent}
	id := ""
	if act.Kind == Receipt {
		kind := map[string]string{"delivered": "DELIVERED", "read": "READ"}[act.Status]
		if kind == "" {
			return Webhook{}, "", false
		}
		event["eventType"], event["eventId"], event["messageId"] = kind, "ev-"+r.id("event", 16), act.Target
	} else {
		if !r.message(event, act) {
			return Webhook{}, "", false
		}
		id = "Mx" + r.id(r.Person(act.By), 20)
		event["messageId"] = id
	}
	data := encode(event)
	h := jsonHeader()
	h.Set("X-Goog-Signature", base64.StdEncoding.EncodeToString(hmacOf(sha512.New, r.word, string(data))))
	return Webhook{Header: h, Body: encode(map[string]any{
		"message": map[string]any{
			"attributes": map[string]any{"business_id": r.agent, "product": "RBM"}, "data": base64.StdEncoding.EncodeToString(data),
			"messageId": numbered(r.id("push", 16), 16), "publishTime": act.At.UTC().Format(time.RFC3339Nano),
		},
		"subscription": "projects/demo-shop/subscriptions/rbm-push",
	})}, id, true
}

// message fills in what a person sent. There are neither edits nor reactions,
// and files have no words.
func (r *rcs) message(event map[string]any, act Act) bool {
	switch act.Kind {
	case Say:
		event["text"] = act.Text
	case Photo:
		key := r.id("photo", 20)
		event["userFile"] = map[string]any{"payload": map[string]any{
			"mimeType": "image/png", "fileSizeBytes": len(picture(key, 480, 320)), "fileName": "photo.png", "fileUri": r.file(key),
		}}
	case Place:
		event["location"] = map[string]any{"latitude": act.Latitude, "longitude": act.Longitude}
	case Press:
		event["suggestionResponse"] = map[string]any{"postbackData": act.Button.ID, "text": act.Button.Title, "type": "REPLY"}
	default:
		return false
	}
	return true
}

// Serve answers a call of the API, or the exchange of an assertion for a token.
func (r *rcs) Serve(call Call) Answer {
	if answer, ok := r.kept(call); ok {
		return answer
	}
	if call.Path == "/token" {
		return r.exchange(call)
	}
	if !bearer(call, r.access) {
		return rcsError(http.StatusUnauthorized, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
	}
	phone, edge, _ := strings.Cut(strings.TrimPrefix(call.Path, "/v1/phones/"), "/")
	who := r.known(phone, r.Person)
	switch {
	case edge == "capabilities" && who < 0: // nobody here; the credentials were good
		return rcsError(http.StatusNotFound, "NOT_FOUND", "Requested entity was not found.")
	case edge == "capabilities":
		return ok(map[string]any{"features": []any{"RICHCARD_STANDALONE", "ACTION_OPEN_URL"}})
	case who < 0:
		return rcsError(http.StatusNotFound, "NOT_FOUND", "The phone number does not have RCS.")
	case edge == "agentEvents":
		return ok(map[string]any{"name": "phones/" + phone + "/agentEvents/1", "eventType": text(parameters(call)["eventType"])})
	case edge == "agentMessages":
		return r.send(call, phone, who)
	}
	return rcsError(http.StatusNotFound, "NOT_FOUND", "Method not found.")
}

// exchange checks the assertion's signature (RFC 7523).
func (r *rcs) exchange(call Call) Answer {
	assertion := text(parameters(call)["assertion"])
	at := strings.LastIndex(assertion, ".")
	mark, err := base64.RawURLEncoding.DecodeString(assertion[at+1:])
	if at < 0 || err != nil || r.public == nil {
		return refused(http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "Bad Request"})
	}
	sum := sha256.Sum256([]byte(assertion[:at]))
	if rsa.VerifyPKCS1v15(r.public, crypto.SHA256, sum[:], mark) != nil {
		return refused(http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
	}
	return ok(map[string]any{"access_token": r.access, "expires_in": 3599, "token_type": "Bearer"})
}

func (r *rcs) send(call Call, phone string, who int) Answer {
	content := object(parameters(call)["contentMessage"])
	id := call.Query.Get("messageId")
	card := object(object(object(content["richCard"])["standaloneCard"])["cardContent"])
	said := text(content["text"]) + text(card["title"])
	switch {
	case len(content) == 0 || id == "":
		return rcsError(http.StatusBadRequest, "INVALID_ARGUMENT", "Request contains an invalid argument.")
	case len([]rune(said)) > 3072:
		return rcsError(http.StatusBadRequest, "INVALID_ARGUMENT", "The text is too long.")
	}
	r.mu.Lock()
	again := r.shown[id]
	r.shown[id] = true
	r.mu.Unlock()
	if again {
		return rcsError(http.StatusConflict, "ALREADY_EXISTS", "Requested entity already exists.")
	}
	kind := "text"
	if text(content["text"]) == "" {
		kind = "card"
	}
	answer := ok(map[string]any{"name": fmt.Sprintf("phones/%s/agentMessages/%s", phone, id), "sendTime": call.At.UTC().Format(time.RFC3339Nano)})
	answer.Sent = []Sent{r.sent(call, who, phone, id, kind, said, rcsButtons(content, card))}
	return answer
}

// rcsButtons reads suggested answers.
func rcsButtons(content, card map[string]any) []Button {
	var out []Button
	for _, s := range append(items(content["suggestions"]), items(card["suggestions"])...) {
		if reply := object(object(s)["reply"]); len(reply) > 0 {
			out = append(out, Button{ID: text(reply["postbackData"]), Title: text(reply["text"])})
		}
	}
	return out
}

func rcsError(status int, name, words string) Answer {
	return refused(status, map[string]any{"error": map[string]any{"code": status, "message": words, "status": name}})
}
