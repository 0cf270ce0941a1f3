package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Check asks whose token it is.
func (c *Connector) Check() *connectors.Call {
	return c.o.Graph.Get(opCheck, url.Values{"fields": {c.o.Dialect.CheckFields}}, c.o.CheckNode)
}

// Subscribe makes the app call webhookURL where that can be done from here, and
// subscribes the Page or account to the app, without which nothing is
// delivered. Meta takes the subscription away after an hour of failures, so
// that this is also how to begin again (platforms/messenger: section 2).
func (c *Connector) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	var calls []*connectors.Call
	if c.o.Registration != nil {
		call, err := c.o.Registration(webhookURL)
		if err != nil {
			return nil, fmt.Errorf("%s subscribe: %w", c.o.Dialect.Name, err)
		}
		calls = append(calls, call)
	}
	query := url.Values{"subscribed_fields": {strings.Join(c.o.Dialect.Subscription, ",")}}
	return append(calls, &connectors.Call{
		Name: opSubscribe, Method: http.MethodPost, URL: c.o.Graph.URL(query, c.o.SubscribeNode, "subscribed_apps"), Header: c.o.Graph.Header(false),
	}), nil
}

// refMark stands between a message's id and the index of its attachment.
const refMark = "#"

// Media fetches an attachment from its address, which is public and lives for
// hours to days. One that came without is asked for by its message.
func (c *Connector) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	if att.URL != "" || len(done) > 1 {
		return nil, nil
	}
	mark := strings.LastIndex(att.Ref, refMark)
	if mark < 1 {
		return nil, fmt.Errorf("%s media: the attachment names no message", c.o.Dialect.Name)
	}
	if len(done) == 0 {
		return c.o.Graph.Get(opMedia, url.Values{"fields": {"attachments"}}, att.Ref[:mark]), nil
	}
	index, err := strconv.Atoi(att.Ref[mark+len(refMark):])
	if err != nil || index < 0 {
		return nil, fmt.Errorf("%s media: the attachment names no message", c.o.Dialect.Name)
	}
	address, err := c.mediaURL(done[0].Body, index)
	if err != nil {
		return nil, fmt.Errorf("%s media: %w", c.o.Dialect.Name, err)
	}
	return &connectors.Call{Name: meta.OpDownload, Method: http.MethodGet, URL: address}, nil
}

// stored is a message's attachments as the API keeps them.
type stored struct {
	Attachments struct {
		Data []struct {
			FileURL string `json:"file_url"`
			Image   struct {
				URL string `json:"url"`
			} `json:"image_data"`
			Video struct {
				URL string `json:"url"`
			} `json:"video_data"`
		} `json:"data"`
	} `json:"attachments"`
}

// mediaURL reads the address of the attachment at an index out of an answer.
func (c *Connector) mediaURL(body []byte, index int) (string, error) {
	var a stored
	if err := json.Unmarshal(body, &a); err != nil || index >= len(a.Attachments.Data) {
		return "", errors.New("the platform does not hand the attachment over")
	}
	data := a.Attachments.Data[index]
	address := first(data.Image.URL, data.Video.URL, data.FileURL)
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return "", errors.New("the platform does not hand the attachment over")
	case u.Scheme == "https" || u.Scheme == "http" && c.o.Graph.Foreign():
		return address, nil
	}
	return "", errors.New("the attachment's address is not an https one")
}

// Profile asks for a person's name and picture. Somebody who has not written
// yet has none to tell.
func (c *Connector) Profile(peer normalize.PeerID) *connectors.Call {
	if peer == "" || strings.HasPrefix(string(peer), userRefPrefix) {
		return nil
	}
	return c.o.Graph.Get(opProfile, url.Values{"fields": {c.o.Dialect.ProfileFields}}, string(peer))
}

// profile is what the platforms tell of a person.
type profile struct {
	ID        meta.Flex `json:"id"`
	Name      string    `json:"name"`
	FirstName string    `json:"first_name"`
	LastName  string    `json:"last_name"`
	Username  string    `json:"username"`
	Picture   string    `json:"profile_pic"`
	Locale    string    `json:"locale"`
}

// ReadProfile reads what Profile was answered. The picture's address lives for
// some days.
func (c *Connector) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var a profile
	if json.Unmarshal(resp.Body, &a) != nil || a == (profile{}) {
		return normalize.Peer{}, fmt.Errorf("%s profile: the answer describes nobody", c.o.Dialect.Name)
	}
	return normalize.Peer{
		ID: normalize.PeerID(a.ID), Name: first(a.Name, strings.TrimSpace(a.FirstName+" "+a.LastName)),
		Username: a.Username, AvatarURL: a.Picture, Locale: a.Locale,
	}, nil
}
