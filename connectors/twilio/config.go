package twilio

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

const (
	defaultBase      = "https://api.twilio.com"
	defaultMessaging = "https://messaging.twilio.com"
	apiVersion       = "2010-04-01"
)

// What a channel's messages travel over: the prefixes of Twilio's addresses.
const (
	overSMS      = "sms"
	overWhatsApp = "whatsapp"
	overRCS      = "rcs"
)

type settings struct {
	From             string `json:"from"`
	MessagingService string `json:"messaging_service_sid"`
	PhoneNumberSID   string `json:"phone_number_sid"`
	Transport        string `json:"transport"`
	APIBaseURL       string `json:"api_base_url"`
}

// connector is one sender of a Twilio account. It is immutable.
type connector struct {
	account connectors.Secret
	// tokens sign webhooks: the current one and, while it is being changed, the
	// other of the account's two.
	tokens []connectors.Secret
	user   connectors.Secret // of the REST API: the account or an API key
	pass   connectors.Secret

	from, service string // one is set; from without its prefix
	number        string // the sid of from, for registering the webhook
	transport     string
	api           string // without a slash at its end
	messaging     string
	media         *regexp.Regexp
	report        string // where Twilio is to report on what was sent, or empty
}

// chat is a WhatsApp sender, which can also show that somebody is typing.
type chat struct{ *connector }

var (
	_ connectors.Connector     = (*connector)(nil)
	_ connectors.Acknowledger  = (*connector)(nil)
	_ connectors.Skimmer       = (*connector)(nil)
	_ connectors.Capable       = (*connector)(nil)
	_ connectors.Subscriber    = (*connector)(nil)
	_ connectors.Checker       = (*connector)(nil)
	_ connectors.MediaResolver = (*connector)(nil)
	_ connectors.Redactor      = (*connector)(nil)
	_ connectors.Typist        = chat{}
)

// sid is Twilio's form of an id.
var sid = regexp.MustCompile(`^[A-Z]{2}[0-9A-Za-z]{1,64}$`)

func open(cfg connectors.Config) (connectors.Connector, error) {
	c, err := configured(cfg)
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	if c.transport == overWhatsApp {
		return chat{c}, nil
	}
	return c, nil
}

func configured(cfg connectors.Config) (*connector, error) {
	var set settings
	if len(cfg.Settings) > 0 {
		if err := json.Unmarshal(cfg.Settings, &set); err != nil {
			return nil, errors.New("settings are not a JSON object as the schema describes")
		}
	}
	for _, name := range []string{"account_sid", "auth_token"} {
		if cfg.Credentials[name].Empty() {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	c := &connector{
		account: cfg.Credentials["account_sid"],
		tokens:  []connectors.Secret{cfg.Credentials["auth_token"], cfg.Credentials["auth_token_previous"]},
		user:    cfg.Credentials["account_sid"],
		pass:    cfg.Credentials["auth_token"],
		service: set.MessagingService,
		number:  set.PhoneNumberSID,
		report:  callback(cfg.WebhookURL),
	}
	if !sid.MatchString(c.account.Reveal()) {
		return nil, errors.New("account_sid is not of the form AC…: copy it from the console's front page")
	}
	if err := c.keyed(cfg.Credentials); err != nil {
		return nil, err
	}
	if err := c.sender(set); err != nil {
		return nil, err
	}
	return c, c.reach(set.APIBaseURL)
}

// keyed has the REST API used with an API key where there is one. Webhooks are
// signed with the auth token all the same.
func (c *connector) keyed(credentials map[string]connectors.Secret) error {
	key, secret := credentials["api_key_sid"], credentials["api_key_secret"]
	switch {
	case key.Empty() && secret.Empty():
		return nil
	case key.Empty() || secret.Empty():
		return errors.New("api_key_sid and api_key_secret go together: fill in both or neither")
	}
	c.user, c.pass = key, secret
	return nil
}

// sender reads who messages come from and what they travel over.
func (c *connector) sender(set settings) error {
	prefix, from, prefixed := strings.Cut(strings.TrimSpace(set.From), ":")
	if !prefixed {
		prefix, from = "", prefix
	}
	c.from = from
	c.transport = cmp.Or(set.Transport, prefix, overSMS)
	switch {
	case c.from == "" && c.service == "":
		return errors.New("from or messaging_service_sid is needed: the number or the service to send from")
	case c.from != "" && c.service != "":
		return errors.New("from and messaging_service_sid exclude each other: fill in one")
	case c.transport != overSMS && c.transport != overWhatsApp:
		return errors.New("transport is sms or whatsapp")
	case prefix != "" && prefix != c.transport:
		return errors.New("from begins with another transport than the setting transport names")
	case c.service != "" && !sid.MatchString(c.service):
		return errors.New("messaging_service_sid is not of the form MG…")
	case c.number != "" && !sid.MatchString(c.number):
		return errors.New("phone_number_sid is not of the form PN…")
	}
	return nil
}

// reach says where the APIs are. One address of one's own stands for both.
func (c *connector) reach(base string) error {
	c.api, c.messaging = defaultBase, defaultMessaging
	if base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return errors.New("api_base_url is not an absolute http or https address")
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("api_base_url must hold neither user, query nor fragment")
		}
		c.api = strings.TrimRight(u.String(), "/")
		c.messaging = c.api
	}
	c.media = regexp.MustCompile(`/Accounts/` + regexp.QuoteMeta(c.account.Reveal()) + `/(Messages/[0-9A-Za-z]+/Media/[0-9A-Za-z]+)$`)
	return nil
}

// callback is the address to be told what becomes of a message, unless Twilio
// would refuse the message for it: it wants a public host without underscores.
func callback(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	host := u.Hostname()
	if strings.Contains(host, "_") || strings.Contains(host, ":") || !strings.Contains(host, ".") {
		return ""
	}
	return address
}

// resource is the address of something of the account's.
func (c *connector) resource(path string) string {
	return c.api + "/" + apiVersion + "/Accounts/" + c.account.Reveal() + "/" + path
}

// basic is what authorises a call.
func (c *connector) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(c.user.Reveal() + ":" + c.pass.Reveal()))
}

func (c *connector) header(contentType string) http.Header {
	h := http.Header{"Authorization": {"Basic " + c.basic()}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return h
}

// Redactions are the credentials as they stand in a header.
func (c *connector) Redactions() []string { return []string{c.basic()} }

// Capabilities are those of what the channel's messages travel over.
func (c *connector) Capabilities() normalize.Capabilities {
	if c.transport == overWhatsApp {
		return whatsappCapabilities()
	}
	return smsCapabilities()
}
