package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend      = "messages"
	opTyping    = "typing"
	opCheck     = "check"
	opSubscribe = "webhook"
	opMedia     = "media"
)

const formType = "application/x-www-form-urlencoded"

// Next walks the parts in order and, within a part, its messages.
func (c *connector) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	from, to, err := c.route(out)
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	sent := make([]int, len(out.Parts))
	for _, e := range done {
		if e.Part >= 0 && e.Part < len(sent) {
			sent[e.Part]++
		}
	}
	for i := range out.Parts {
		steps, err := c.render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("twilio: part %d: %w", i+1, err)
		}
		if sent[i] >= len(steps) {
			continue
		}
		params := steps[sent[i]]
		params.Set("To", to)
		if c.service != "" {
			params.Set("MessagingServiceSid", c.service)
		} else {
			params.Set("From", from)
		}
		if c.report != "" {
			params.Set("StatusCallback", c.report)
		}
		return &connectors.Call{
			Name: opSend, Method: http.MethodPost, URL: c.resource("Messages.json"),
			Header: c.header(formType), Body: []byte(params.Encode()), Part: i, Visible: true,
		}, nil
	}
	return nil, nil
}

// route is the addresses of both sides, in what the peer last wrote over.
func (c *connector) route(out *normalize.Outbound) (from, to string, err error) {
	over := c.transport
	if used := out.Context[contextTransport]; used != "" {
		over = used
	}
	id := string(out.To.ID)
	switch {
	case id == "" || strings.ContainsAny(id, "\r\n\x00"):
		return "", "", errors.New("the recipient has no address")
	case strings.Contains(id, ":"):
		over, id = split(id)
	}
	if over == overWhatsApp || over == overRCS {
		if strings.Trim(id, "0123456789") == "" {
			id = "+" + id
		}
	}
	if over == overSMS {
		return c.from, id, nil
	}
	return over + ":" + c.from, over + ":" + id, nil
}

// render turns a part into messages: one, or more when its captions do not fit
// beside its text or its files into one message.
func (c *connector) render(m *normalize.Message) ([]url.Values, error) {
	switch {
	case m.Template != nil:
		return template(m.Template)
	case m.Location != nil:
		return []url.Values{place(m.Location)}, nil
	case len(m.Buttons) > 0 || m.List != nil:
		return nil, errors.New("buttons and lists exist in templates only")
	case len(m.Contacts) > 0:
		return nil, errors.New("there are no contact cards")
	case len(m.Attachments) > 0:
		return c.files(m)
	case m.Text != "":
		return []url.Values{{"Body": {m.Text}}}, nil
	}
	return nil, fmt.Errorf("a message of type %q with nothing in it that Twilio can carry", m.Type)
}

// files are media with the text and the captions beside the first.
func (c *connector) files(m *normalize.Message) ([]url.Values, error) {
	most := maxMedia
	if c.transport == overWhatsApp {
		most = 1
	}
	var steps, after []url.Values
	words := m.Text
	for i, a := range m.Attachments {
		if a.URL == "" {
			return nil, fmt.Errorf("attachment %d has no address for Twilio to fetch it from", i+1)
		}
		if i%most == 0 {
			steps = append(steps, url.Values{})
		}
		last := steps[len(steps)-1]
		last.Add("MediaUrl", a.URL)
		joined := strings.Trim(words+"\n"+a.Caption, "\n")
		if normalize.UTF16.Len(joined) <= maxBody {
			words = joined
		} else {
			after = append(after, url.Values{"Body": {a.Caption}})
		}
	}
	if words != "" {
		steps[0].Set("Body", words)
	}
	return append(steps, after...), nil
}

// place is a location as WhatsApp shows it; the text is its name.
func place(l *normalize.Location) url.Values {
	at := degrees(l.Latitude) + "," + degrees(l.Longitude)
	name := l.Name
	if name == "" {
		name = l.Address
	}
	action := "geo:" + at
	if label := l.Address; label != "" {
		action += "|" + label
	} else if l.Name != "" {
		action += "|" + l.Name
	}
	if name == "" {
		name = at
	}
	return url.Values{"Body": {name}, "PersistentAction": {action}}
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// template sends an approved content template: its name is the content's SID
// (HX…), its components are the variables. These are objects of names and
// values, plain values counted from 1, or components as Meta writes them, whose
// parameters are counted likewise.
func template(t *normalize.Template) ([]url.Values, error) {
	params := url.Values{"ContentSid": {t.Name}}
	variables := map[string]string{}
	for i, component := range t.Components {
		if err := fill(variables, component); err != nil {
			return nil, fmt.Errorf("template component %d: %w", i+1, err)
		}
	}
	if len(variables) > 0 {
		raw, err := json.Marshal(variables)
		if err != nil {
			return nil, fmt.Errorf("template variables: %w", err)
		}
		params.Set("ContentVariables", string(raw))
	}
	return []url.Values{params}, nil
}

func fill(variables map[string]string, component any) error {
	if text, ok := scalar(component); ok {
		variables[strconv.Itoa(len(variables)+1)] = text
		return nil
	}
	object, ok := component.(map[string]any)
	if !ok {
		return errors.New("it is neither an object of variables nor a value")
	}
	if list, ok := object["parameters"].([]any); ok {
		for _, parameter := range list {
			p, _ := parameter.(map[string]any)
			text, ok := scalar(p["text"])
			if !ok {
				return errors.New("parameters need a text")
			}
			variables[strconv.Itoa(len(variables)+1)] = text
		}
		return nil
	}
	for name, value := range object {
		text, ok := scalar(value)
		if !ok {
			return fmt.Errorf("the variable %q is neither text nor a number", name)
		}
		variables[name] = text
	}
	return nil
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}
