package conntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// reaction is the input of a react case.
type reaction struct {
	To     normalize.Peer       `json:"to"`
	Target normalize.PlatformID `json:"target"`
	Emoji  string               `json:"emoji"`
	Was    string               `json:"was"`
}

// Faults of the case itself, as against errors of the connector, which are
// part of what a case expects.
var (
	errInput       = errors.New("the operation's input cannot be read")
	errNoInterface = errors.New("the connector does not implement this operation")
)

// operation is the case's first section and its answers.
func (c *caseFile) operation() (section, []*connectors.Response, error) {
	if len(c.given) == 0 || c.given[0].name == "answer" {
		return section{}, nil, errors.New("the first section must name the operation")
	}
	var answers []*connectors.Response
	for _, s := range c.given[1:] {
		if s.name != "answer" {
			return section{}, nil, fmt.Errorf("section %q: a case holds one operation", s.name)
		}
		resp, err := answer(s.body)
		if err != nil {
			return section{}, nil, err
		}
		answers = append(answers, resp)
	}
	return c.given[0], answers, nil
}

func answer(text string) (*connectors.Response, error) {
	first, headers, body, err := splitHTTP(text)
	if err != nil {
		return nil, err
	}
	status, err := strconv.Atoi(first)
	if err != nil {
		return nil, fmt.Errorf("an answer begins with its status: %w", err)
	}
	resp := &connectors.Response{Status: status, Header: http.Header{}, Body: []byte(body)}
	for _, h := range headers {
		resp.Header.Add(h[0], h[1])
	}
	return resp, nil
}

// runOut answers the calls and verdicts of the case's operation.
func (b *bench) runOut(c *caseFile) ([]section, error) {
	op, answers, err := c.operation()
	if err != nil {
		return nil, err
	}
	t := &transcript{bench: b, answers: answers}
	err = t.run(op)
	if err == nil && len(t.answers) > 0 {
		err = fmt.Errorf("%d answers were not asked for", len(t.answers))
	}
	return t.sections, err
}

// transcript is what happens while an operation is carried out against the
// scripted answers.
type transcript struct {
	*bench
	answers  []*connectors.Response
	sections []section
	calls    []carried
}

// carried is a call with the answer it got.
type carried struct {
	call *connectors.Call
	resp *connectors.Response
	// out and done are what Next was given, when it was Next that asked.
	out  *normalize.Outbound
	done []normalize.Exchange
	// token is set for the call that gets a token.
	token bool
}

// run carries the operation out as far as the answers reach.
func (t *transcript) run(op section) error {
	switch op.name {
	case "outbound":
		return t.outbound(op.body)
	case "media":
		return t.media(op.body)
	case "subscribe":
		return t.subscribe(op.body)
	case "react":
		return t.react(op.body)
	case "token":
		return t.token(op.body)
	}
	return t.single(op)
}

func (t *transcript) add(name, body string) { t.sections = append(t.sections, section{name, body}) }

// carry writes the call down and answers it from the script.
func (t *transcript) carry(c carried) (connectors.Outcome, *connectors.Response, error) {
	t.add("call", t.callText(t.dressed(c.call)))
	if len(t.answers) == 0 {
		return connectors.Outcome{}, nil, fmt.Errorf("call %q has no scripted answer", c.call.Name)
	}
	c.resp, t.answers = t.answers[0], t.answers[1:]
	outcome, err := t.classify(c.call, c.resp)
	if err != nil {
		return outcome, nil, err
	}
	t.calls = append(t.calls, c)
	t.add("outcome", outcomeText(outcome))
	return outcome, c.resp, nil
}

func (t *transcript) outbound(body string) error {
	out := new(normalize.Outbound)
	if err := decode(body, out); err != nil {
		return err
	}
	if local := t.local(); local != nil {
		t.add("stored", indent(local.Stored(out)))
		return stored(local, out)
	}
	var done []normalize.Exchange
	for {
		call, err := t.conn.Next(out, done)
		if err != nil {
			t.add("error", err.Error())
			return nil
		}
		if call == nil {
			return nil
		}
		asked := *out
		o, _, err := t.carry(carried{call: call, out: &asked, done: slices.Clone(done)})
		if err != nil {
			return err
		}
		switch o.Verdict {
		case connectors.Done:
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part, IDs: o.IDs, Data: o.Data})
		case connectors.Retry, connectors.Wait:
			if len(t.answers) == 0 {
				return nil
			}
			// The hub tries again under the name the answer revealed.
			if o.Alias != "" {
				out.To.ID = o.Alias
			}
		default:
			return nil
		}
	}
}

func (t *transcript) media(body string) error {
	m, ok := t.conn.(connectors.MediaResolver)
	if !ok {
		return errNoInterface
	}
	att := new(normalize.Attachment)
	if err := decode(body, att); err != nil {
		return err
	}
	var done []connectors.Response
	for {
		call, err := m.Media(att, done)
		if err != nil {
			t.add("error", err.Error())
			return nil
		}
		if call == nil {
			return nil
		}
		o, resp, err := t.carry(carried{call: call})
		if err != nil || o.Verdict != connectors.Done {
			return err
		}
		done = append(done, *resp)
	}
}

func (t *transcript) subscribe(body string) error {
	s, ok := t.conn.(connectors.Subscriber)
	if !ok {
		return errNoInterface
	}
	var url string
	if err := decode(body, &url); err != nil {
		return err
	}
	return t.several(s.Subscribe(url))
}

// react carries out a reaction.
func (t *transcript) react(body string) error {
	var in reaction
	c, ok := t.conn.(connectors.Reactor)
	if err := input(body, &in, ok); err != nil {
		return err
	}
	return t.several(c.React(connectors.Reacting{To: in.To, Message: in.Target, Emoji: in.Emoji, Was: in.Was}))
}

// several carries out calls one after the other.
func (t *transcript) several(calls []*connectors.Call, err error) error {
	if err != nil {
		t.add("error", err.Error())
		return nil
	}
	for _, call := range calls {
		if _, _, err := t.carry(carried{call: call}); err != nil {
			return err
		}
	}
	return nil
}

// single carries out an operation of one call.
func (t *transcript) single(op section) error {
	call, err := t.singleCall(op)
	switch {
	case errors.Is(err, errNoInterface) || errors.Is(err, errInput):
		return err
	case err != nil:
		t.add("error", err.Error())
		return nil
	case call == nil:
		t.add("nothing", "")
		return nil
	}
	o, resp, err := t.carry(carried{call: call})
	if err != nil || op.name != "profile" || o.Verdict != connectors.Done {
		return err
	}
	peer, err := t.conn.(connectors.Profiler).ReadProfile(resp)
	if err != nil {
		t.add("error", err.Error())
		return nil
	}
	t.add("peer", indent(peer))
	return nil
}

func (t *transcript) singleCall(op section) (*connectors.Call, error) {
	switch op.name {
	case "typing":
		var in normalize.Outbound
		c, ok := t.conn.(connectors.Typist)
		if err := input(op.body, &in, ok); err != nil {
			return nil, err
		}
		return c.Typing(&in), nil
	case "read":
		var in normalize.Outbound
		c, ok := t.conn.(connectors.Reader)
		if err := input(op.body, &in, ok); err != nil {
			return nil, err
		}
		return c.Read(&in), nil
	case "profile":
		var in normalize.PeerID
		c, ok := t.conn.(connectors.Profiler)
		if err := input(op.body, &in, ok); err != nil {
			return nil, err
		}
		return c.Profile(in), nil
	default:
		c, ok := t.conn.(connectors.Checker)
		if !ok {
			return nil, errNoInterface
		}
		return c.Check(), nil
	}
}

func input(body string, v any, ok bool) error {
	if !ok {
		return errNoInterface
	}
	return decode(body, v)
}

// decode is strict, so that a slip in a case's JSON is noticed.
func decode(body string, v any) error {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return nil
}
