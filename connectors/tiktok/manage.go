package tiktok

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Check asks what the account is called.
func (a *account) Check() *connectors.Call {
	query := url.Values{"business_id": {a.business}, "fields": {`["username","display_name","profile_image"]`}}
	return &connectors.Call{Name: opCheck, Method: http.MethodGet, URL: a.base + api + "business/get/?" + query.Encode(), Header: http.Header{}}
}

// Subscribe sets the address of the app's webhook, which is one for all of its
// accounts.
func (a *account) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("tiktok: the webhook's address is not an absolute address")
	case a.base == defaultBase && u.Scheme != "https":
		return nil, errors.New("tiktok: the webhook's address must begin with https")
	}
	call, err := a.post(opSubscribe, "business/webhook/update/", struct {
		AppID    string `json:"app_id"`
		Secret   string `json:"secret"`
		Type     string `json:"event_type"`
		Callback string `json:"callback_url"`
	}{a.clientKey, a.keys[0].Reveal(), "DIRECT_MESSAGE", webhookURL})
	if err != nil {
		return nil, err
	}
	return []*connectors.Call{call}, nil
}

// Typing shows for five seconds that somebody is typing.
func (a *account) Typing(out *normalize.Outbound) *connectors.Call { return a.act(out, "TYPING") }

// Read marks the conversation as read.
func (a *account) Read(out *normalize.Outbound) *connectors.Call { return a.act(out, "MARK_READ") }

func (a *account) act(out *normalize.Outbound, action string) *connectors.Call {
	conversation := out.Context[contextConversation]
	if conversation == "" {
		return nil
	}
	call, err := a.send(opAction, conversation, outgoing{Type: "SENDER_ACTION", Action: action})
	if err != nil {
		return nil
	}
	return call
}

// Media asks where a file is, then for the file.
func (a *account) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	switch {
	case att.Ref == "" && att.URL != "" || len(done) > 1:
		return nil, nil
	case len(done) == 1:
		return a.download(&done[0])
	}
	parts := strings.Split(att.Ref, " ")
	if len(parts) != 4 || parts[1] == "" || parts[2] == "" || parts[3] == "" {
		return nil, errors.New("tiktok: the attachment does not say which file of which message it is")
	}
	return a.post(opLink, "business/message/media/download/", struct {
		BusinessID   string `json:"business_id"`
		Conversation string `json:"conversation_id"`
		MessageID    string `json:"message_id"`
		MediaID      string `json:"media_id"`
		Type         string `json:"media_type"`
	}{a.business, parts[1], parts[2], parts[3], strings.ToUpper(parts[0])})
}

// download fetches the file. The token goes along, and so it has to be TikTok's
// own word for where the file is, over https.
func (a *account) download(resp *connectors.Response) (*connectors.Call, error) {
	var ans struct {
		Data struct {
			URL string `json:"download_url"`
		} `json:"data"`
	}
	if json.Unmarshal(resp.Body, &ans) != nil || ans.Data.URL == "" {
		return nil, errors.New("tiktok: the answer does not say where the file is")
	}
	u, err := url.Parse(ans.Data.URL)
	plain := strings.HasPrefix(a.base, "http://") // a stub of one's own
	if err != nil || u.Host == "" || u.Scheme != "https" && !(plain && u.Scheme == "http") {
		return nil, errors.New("tiktok: the file's address is not an absolute https address")
	}
	return &connectors.Call{Name: opDownload, Method: http.MethodGet, URL: u.String(), Header: http.Header{}}, nil
}
