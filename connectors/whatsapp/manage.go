package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Check asks for the number's profile, which needs a token that may use it.
func (c *connector) Check() *connectors.Call {
	return c.graph.Get(opCheck, url.Values{"fields": {"display_phone_number,verified_name,quality_rating"}}, c.phoneNumberID)
}

// Subscribe attaches the app to the business account and sends the account's
// webhooks to webhookURL, whatever the app's own address is. Meta makes the
// handshake at once. Which fields come is chosen in the app's dashboard.
func (c *connector) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	if c.wabaID == "" {
		return nil, errors.New("whatsapp subscribe: waba_id is missing in the channel's settings")
	}
	call, err := c.graph.Post(opSubscribe, override{URL: webhookURL, Verify: c.verifyToken.Reveal()}, c.wabaID, "subscribed_apps")
	if err != nil {
		return nil, fmt.Errorf("whatsapp %w", err)
	}
	return []*connectors.Call{call}, nil
}

// Media fetches an attachment in two steps: the id for an address, which lives
// for five minutes, and that for the bytes, both with the token.
func (c *connector) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	switch {
	case att.Ref == "" && att.URL != "":
		return nil, nil
	case att.Ref == "":
		return nil, errors.New("whatsapp media: the attachment has no media id")
	case len(done) == 0:
		return c.graph.Get(opMedia, url.Values{"phone_number_id": {c.phoneNumberID}}, att.Ref), nil
	case len(done) > 1:
		return nil, nil
	}
	address, err := c.mediaURL(done[0].Body)
	if err != nil {
		return nil, err
	}
	return &connectors.Call{Name: meta.OpDownload, Method: http.MethodGet, URL: address, Header: c.graph.Header(false)}, nil
}

// mediaURL reads the address out of the first answer. It is given the token
// only if it is Meta's, or the admin chose another API to trust.
func (c *connector) mediaURL(body []byte) (string, error) {
	var answer struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.URL == "" {
		return "", errors.New("whatsapp media: the answer holds no address")
	}
	u, err := url.Parse(answer.URL)
	if err != nil || u.Host == "" || u.User != nil {
		return "", errors.New("whatsapp media: the answer's address is none")
	}
	switch {
	case c.graph.Foreign() && (u.Scheme == "https" || u.Scheme == "http"):
	case u.Scheme == "https" && meta.IsMeta(u.Hostname()):
	default:
		return "", errors.New("whatsapp media: the answer's address is not one of Meta's")
	}
	return answer.URL, nil
}
