package simulate

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Twilio is played in two ways: its numbers and its WhatsApp senders.
const (
	kindTwilio         = "twilio"
	kindTwilioWhatsApp = "twilio_whatsapp"
)

// twilio plays Programmable Messaging (platforms/twilio).
type twilio struct {
	*desk
	whatsapp       bool
	sid, authToken string
	from           string
}

func newTwilio(cfg Config, name string) *twilio {
	return &twilio{
		desk: newDesk(name, cfg), whatsapp: name == kindTwilioWhatsApp,
		sid: "AC" + strings.TrimPrefix(cfg.secret("account_sid", "AC"), "AC"), authToken: cfg.secret("auth_token", ""),
		from: cfg.setting("from", "+15550100188"),
	}
}

func (t *twilio) Account() Account {
	acc := Account{
		Kind: kindTwilio, Name: t.name, Title: "SMS", Settings: map[string]any{"from": t.from},
		Credentials: map[string]string{"account_sid": t.sid, "auth_token": t.authToken},
	}
	if t.whatsapp {
		acc.Title, acc.Settings["transport"] = "WhatsApp over Twilio", "whatsapp"
	} else {
		acc.Settings["phone_number_sid"] = "PN" + strings.Repeat("0", 31) + "1"
	}
	return acc
}

// Retries: none unless an address asks for them; here it does, with #rc=5
// (platforms/twilio: Response).
func (t *twilio) Retries() Retries {
	return Retries{First: time.Second, Max: 15 * time.Second, GiveUp: time.Minute}
}

// address is a number as Twilio writes it on this transport.
func (t *twilio) address(number string) string {
	if t.whatsapp {
		return "whatsapp:" + number
	}
	return number
}

// Person is what the platform calls a customer.
func (t *twilio) Person(c Customer) string { return t.address("+" + c.phone()) }

// Webhook writes a form, signed over its address and its sorted parameters.
func (t *twilio) Webhook(act Act) (Webhook, string, bool) {
	f := url.Values{"AccountSid": {t.sid}, "ApiVersion": {"2010-04-01"}}
	id := ""
	if act.Kind == Receipt {
		if act.Status == "read" && !t.whatsapp {
			return Webhook{}, "", false
		}
		id = act.Target
		f.Set("MessageStatus", act.Status)
		f.Set("SmsStatus", act.Status)
		f.Set("From", t.address(t.from))
		f.Set("To", t.Person(act.By))
	} else {
		id = "SM" + t.id(t.Person(act.By), 32)
		f.Set("SmsStatus", "received")
		f.Set("From", t.Person(act.By))
		f.Set("To", t.address(t.from))
		f.Set("NumMedia", "0")
		f.Set("NumSegments", "1")
		if !t.content(f, act, id) {
			return Webhook{}, "", false
		}
		if t.whatsapp {
			f.Set("ProfileName", act.By.Name())
			f.Set("WaId", act.By.phone())
		}
	}
	for _, key := range []string{"MessageSid", "SmsSid", "SmsMessageSid"} {
		f.Set(key, id)
	}
	if act.Kind == Receipt {
		id = ""
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return Webhook{Header: header, Body: []byte(f.Encode()), Seal: func(r *http.Request, as string, _ time.Time) { t.seal(r, as, f) }}, id, true
}

func (t *twilio) content(f url.Values, act Act, id string) bool {
	kind := "text"
	f.Set("Body", act.Text)
	switch act.Kind {
	case Say:
	case Photo:
		kind = "image"
		t.mu.Lock()
		base := t.base
		t.mu.Unlock()
		f.Set("NumMedia", "1")
		f.Set("MediaContentType0", "image/png")
		f.Set("MediaUrl0", base+"/2010-04-01/Accounts/"+t.sid+"/Messages/"+id+"/Media/ME"+id[2:])
	case Place:
		if !t.whatsapp {
			return false
		}
		kind = "location"
		f.Set("Body", "")
		f.Set("Latitude", degrees(act.Latitude))
		f.Set("Longitude", degrees(act.Longitude))
		f.Set("Label", act.Text)
		f.Set("Address", act.Text)
	case Press: // a button of a template
		if !t.whatsapp {
			return false
		}
		kind = "button"
		f.Set("Body", act.Button.Title)
		f.Set("ButtonText", act.Button.Title)
		f.Set("ButtonPayload", act.Button.ID)
		f.Set("OriginalRepliedMessageSid", act.Target)
	default: // neither edits nor reactions are told of
		return false
	}
	if t.whatsapp {
		f.Set("MessageType", kind)
	}
	return true
}

// seal signs the address as it was entered and the parameters in their order.
func (t *twilio) seal(r *http.Request, as string, f url.Values) {
	keys := make([]string, 0, len(f))
	for key := range f {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	parts := []string{as}
	for _, key := range keys {
		parts = append(parts, key, f.Get(key))
	}
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(hmacOf(sha1.New, t.authToken, parts...)))
}

// Serve answers a call of the REST API.
func (t *twilio) Serve(call Call) Answer {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(t.sid+":"+t.authToken))
	if call.Header.Get("Authorization") != want {
		return twilioError(http.StatusUnauthorized, 20003, "Authenticate")
	}
	path, ours := strings.CutPrefix(call.Path, "/2010-04-01/Accounts/"+t.sid)
	switch {
	case call.Path == "/v3/Indicators/Typing.json", call.Path == "/v2/Indicators/Typing.json":
		return ok(map[string]any{"success": true})
	case strings.HasPrefix(call.Path, "/v1/Services/"):
		return ok(map[string]any{"sid": strings.TrimPrefix(call.Path, "/v1/Services/")})
	case !ours:
		return twilioError(http.StatusNotFound, 20404, "The requested resource "+call.Path+" was not found")
	case path == ".json":
		return ok(map[string]any{"sid": t.sid, "status": "active", "friendly_name": "Demo shop"})
	case path == "/Messages.json" && call.Method == http.MethodPost:
		return t.send(call)
	case strings.HasPrefix(path, "/Messages/") && strings.Contains(path, "/Media/"):
		return photo(path)
	case strings.HasPrefix(path, "/IncomingPhoneNumbers/"):
		return ok(map[string]any{"sid": strings.TrimSuffix(strings.TrimPrefix(path, "/IncomingPhoneNumbers/"), ".json")})
	}
	return twilioError(http.StatusNotFound, 20404, "The requested resource "+call.Path+" was not found")
}

func (t *twilio) send(call Call) Answer {
	in := parameters(call)
	to, said, media := text(in["To"]), text(in["Body"]), text(in["MediaUrl"])
	switch {
	case to == "":
		return twilioError(http.StatusBadRequest, 21604, "A 'To' phone number is required.")
	case strings.HasPrefix(to, "whatsapp:") != t.whatsapp:
		return twilioError(http.StatusBadRequest, 21211, "Invalid 'To' Phone Number: "+to)
	case said == "" && media == "" && text(in["ContentSid"]) == "" && text(in["PersistentAction"]) == "":
		return twilioError(http.StatusBadRequest, 21602, "Message body is required.")
	case len([]rune(said)) > 1600:
		return twilioError(http.StatusBadRequest, 21617, "The concatenated message body exceeds the 1600 character limit")
	}
	id, kind := "SM"+t.id(t.from+">"+to, 32), "text"
	if media != "" {
		kind = "media"
	}
	answer := refused(http.StatusCreated, map[string]any{
		"sid": id, "status": "queued", "to": to, "from": text(in["From"]), "body": said, "error_code": nil, "error_message": nil,
	})
	answer.Sent = []Sent{t.sent(call, t.known(to, t.Person), to, id, kind, said, nil)}
	return answer
}

func twilioError(status, code int, words string) Answer {
	return refused(status, map[string]any{"code": code, "message": words, "more_info": "https://www.twilio.com/docs/errors", "status": status})
}
