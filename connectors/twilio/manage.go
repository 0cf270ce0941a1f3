package twilio

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Check asks for the account, which needs credentials that may use it.
func (c *connector) Check() *connectors.Call {
	return &connectors.Call{
		Name: opCheck, Method: http.MethodGet, URL: strings.TrimSuffix(c.resource(""), "/") + ".json", Header: c.header(""),
	}
}

// Subscribe has the messaging service, or the number, call webhookURL. There is
// no such call for a WhatsApp sender.
func (c *connector) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("twilio: the webhook's address is not an absolute address")
	}
	call := &connectors.Call{Name: opSubscribe, Method: http.MethodPost, Header: c.header(formType)}
	params := url.Values{}
	switch {
	case c.service != "":
		call.URL = c.messaging + "/v1/Services/" + c.service
		params.Set("InboundRequestUrl", webhookURL)
		params.Set("InboundMethod", http.MethodPost)
		params.Set("UseInboundWebhookOnNumber", "false")
		params.Set("StatusCallback", webhookURL)
	case c.number != "" && c.transport == overSMS:
		call.URL = c.resource("IncomingPhoneNumbers/" + c.number + ".json")
		params.Set("SmsUrl", webhookURL)
		params.Set("SmsMethod", http.MethodPost)
	case c.transport == overWhatsApp:
		return nil, errors.New("twilio: enter the webhook's address in the console, at the WhatsApp sender: there is no other way")
	default:
		return nil, errors.New("twilio: phone_number_sid is missing in the channel's settings: enter it, or the webhook's address in the console")
	}
	call.Body = []byte(params.Encode())
	return []*connectors.Call{call}, nil
}

// Typing shows for 25 seconds, or until a message is sent, that somebody is
// typing, and marks the peer's latest message, which it is tied to, as read.
func (c chat) Typing(out *normalize.Outbound) *connectors.Call {
	if out.LastInbound == "" {
		return nil
	}
	body, err := json.Marshal(map[string]string{"channel": "WHATSAPP", "messageId": string(out.LastInbound)})
	if err != nil {
		return nil
	}
	return &connectors.Call{
		Name: opTyping, Method: http.MethodPost, URL: c.messaging + "/v3/Indicators/Typing.json",
		Header: c.header("application/json"), Body: body, Visible: true, Idempotent: true,
	}
}

// ownMedia is how attachments of the account are named, see attachments.
var ownMedia = regexp.MustCompile(`^Messages/[0-9A-Za-z]+/Media/[0-9A-Za-z]+$`)

// Media fetches a file of the account's. Twilio redirects to where it is kept;
// the credentials are for Twilio alone, and the hub shows them to no other host.
func (c *connector) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	switch {
	case att.Ref == "" || len(done) > 0:
		return nil, nil
	case !ownMedia.MatchString(att.Ref):
		return nil, errors.New("twilio media: the attachment's name is not one of this connector's")
	}
	return &connectors.Call{Name: opMedia, Method: http.MethodGet, URL: c.resource(att.Ref), Header: c.header("")}, nil
}
