package custom

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

const (
	anything = expression.Anything
	truth    = expression.Truth
	scalar   = expression.Scalar
	list     = expression.List
)

// What a rule may emit.
const (
	emitMessage  = "message"
	emitStatus   = "status"
	emitReaction = "reaction"
	emitEdit     = "edit"
	emitDelete   = "delete"
	emitEcho     = "echo"
	emitConsent  = "consent"
	emitTyping   = "typing"
	emitIgnore   = "ignore"
)

// inbound is how a body is read.
type inbound struct {
	format string
	items  *expression.Program
	name   *expression.Program
	rules  []rule
	// hidden are parameters and fields of the body that hold a secret.
	hiddenQuery []string
	hiddenJSON  []string
}

type rule struct {
	when   *expression.Program
	emit   string
	fields map[string]source
	path   string
}

// source is a compiled sourceDef.
type source struct {
	program *expression.Program
	unit    string
	names   map[string]string
}

// receive compiles how a body is read.
func (c *compiler) receive(d *inboundDef) {
	const path = "settings.inbound"
	if d == nil {
		c.fault(path, "say how webhooks are read: format, items and rules")
		return
	}
	in := &c.out.inbound
	in.format = d.Format
	if in.format == "" {
		in.format = formatJSON
	}
	c.oneOf(path+".format", in.format, formatJSON, formatForm, formatMultipart, formatXML, formatText)
	in.items = c.optional(scopeItems, path+".items", d.Items, list)
	in.name = c.optional(scopeItem, path+".name", d.Name, scalar)
	c.readHeaders(path, d)
	if len(d.Rules) == 0 {
		c.fault(path+".rules", `say what the items mean, for example [{"emit": "message", "fields": {"external_id": "item.id", "contact.id": "item.from", "text": "item.text"}}]`)
	}
	for i, r := range d.Rules {
		in.rules = append(in.rules, c.rule(fmt.Sprintf("%s.rules.%d", path, i), r))
	}
	for _, p := range c.out.proofs {
		switch {
		case p.Mode == modeQuery:
			in.hiddenQuery = append(in.hiddenQuery, p.Query)
		case p.Mode == modeJSON:
			in.hiddenJSON = append(in.hiddenJSON, p.JSON)
		}
	}
}

// readHeaders lists the headers that expressions may see. They are kept with the
// body, and so cannot be those that hold a proof.
func (c *compiler) readHeaders(path string, d *inboundDef) {
	if c.out.inbound.format == formatMultipart {
		c.out.headers = append(c.out.headers, "Content-Type")
	}
	secret := []string{"Authorization", "Cookie", "Proxy-Authorization"}
	for _, p := range c.out.proofs {
		secret = append(secret, http.CanonicalHeaderKey(p.Header))
	}
	for i, name := range d.Headers {
		at := fmt.Sprintf("%s.headers.%d", path, i)
		key := http.CanonicalHeaderKey(name)
		switch {
		case !headerName(name):
			c.fault(at, "%q is no name of a header", name)
		case slices.Contains(secret, key):
			c.fault(at, "%s proves who sends and is not kept: expressions cannot see it", name)
		case !slices.Contains(c.out.headers, key):
			c.out.headers = append(c.out.headers, key)
		}
	}
}

func (c *compiler) rule(path string, d ruleDef) rule {
	r := rule{emit: d.Emit, path: strings.TrimPrefix(path, "settings."), fields: map[string]source{}}
	r.when = c.optional(scopeItem, path+".when", d.When, truth)
	known, ok := fieldsOf[d.Emit]
	if !ok {
		c.fault(path+".emit", "%q is not known: use one of %s", d.Emit, strings.Join(slices.Sorted(maps.Keys(fieldsOf)), ", "))
		return r
	}
	for _, name := range slices.Sorted(maps.Keys(d.Fields)) {
		at := path + ".fields." + name
		want, ok := known[name]
		if !ok {
			c.fault(at, "%s has no such field: use one of %s", d.Emit, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		r.fields[name] = c.source(scopeItem, at, d.Fields[name], want)
	}
	c.complete(path, &r)
	return r
}

func (c *compiler) source(scope scopeName, path string, d sourceDef, want expression.Want) source {
	at := path
	if !d.bare {
		at += ".expr"
	}
	c.oneOf(path+".unit", d.Unit, "", "s", "ms", "us", "ns", "rfc3339", "auto")
	if len(d.Map) > 0 {
		want = scalar
	}
	return source{program: c.expr(scope, at, d.Expr, want), unit: d.Unit, names: d.Map}
}

// complete checks that a rule has what its kind of event cannot do without, and
// that names of closed sets are of them.
func (c *compiler) complete(path string, r *rule) {
	for _, name := range needed[r.emit] {
		alternatives := strings.Split(name, "|")
		found := false
		for _, a := range alternatives {
			_, ok := r.fields[a]
			found = found || ok
		}
		if !found {
			c.fault(path+".fields."+alternatives[0], "%s needs %s", r.emit, strings.Join(alternatives, " or "))
		}
	}
	for name, allowed := range closedSets[r.emit] {
		for from, to := range r.fields[name].names {
			if !slices.Contains(allowed, to) {
				c.fault(path+".fields."+name+".map."+from, "%q is not known: use one of %s", to, strings.Join(allowed, ", "))
			}
		}
	}
}

// Parse reads a webhook into events. An item that no rule fits, or that its rule
// cannot read, is kept as Unknown with the reason; its neighbours go on.
func (ch *channel) Parse(req *connectors.Request) ([]normalize.Event, error) {
	doc, err := ch.decode(req)
	if err != nil {
		return nil, err
	}
	p := &parser{inbound: &ch.def.inbound, scrub: ch.scrub}
	p.stage.budget = expression.NewBudget()
	p.stage.values = ch.webhookValues(req, doc)
	items, err := p.items(doc.body)
	if err != nil {
		p.unknown("webhook", digest(req.Body), "inbound.items: "+err.Error())
		return p.events, nil
	}
	shares := expression.NewItems()
	for i, item := range items {
		p.stage.budget = shares.Next()
		if i >= maxItems {
			p.unknown("webhook", digest(req.Body), fmt.Sprintf("it holds more than %d items: the rest is not read", maxItems))
			break
		}
		p.read(item)
	}
	return p.events, nil
}

// Skim decodes the body, which is all that can make Parse refuse it.
func (ch *channel) Skim(req *connectors.Request) ([]string, error) {
	_, err := ch.decode(req)
	return nil, err
}

func (ch *channel) decode(req *connectors.Request) (document, error) {
	doc, err := decode(ch.def.inbound.format, req.Header.Get("Content-Type"), req.Body)
	if err != nil {
		return document{}, fmt.Errorf("custom: parse webhook: %w", err)
	}
	for _, path := range ch.def.inbound.hiddenJSON {
		hide(doc.body, strings.Split(path, "."))
	}
	return doc, nil
}

// hide takes a field out of a body.
func hide(doc any, path []string) {
	object, ok := doc.(map[string]any)
	if !ok {
		return
	}
	if len(path) == 1 {
		delete(object, path[0])
		return
	}
	hide(object[path[0]], path[1:])
}

// webhookValues is what expressions see of a webhook: of its headers those that
// are kept with it, of its parameters those that hold no secret.
func (ch *channel) webhookValues(req *connectors.Request, doc document) map[string]any {
	headers, query := map[string]string{}, map[string]string{}
	for _, name := range ch.def.headers {
		if v := req.Header.Get(name); v != "" {
			headers[strings.ToLower(name)] = v
		}
	}
	for name, values := range req.Query {
		if len(values) > 0 && !slices.Contains(ch.def.inbound.hiddenQuery, name) {
			query[name] = values[0]
		}
	}
	return map[string]any{varBody: doc.body, varParams: doc.params, varHeaders: headers, varQuery: query}
}

// hookStage is what the answer to a webhook is filled from. A body that cannot
// be decoded is null.
func (ch *channel) hookStage(req *connectors.Request) *stage {
	doc, err := ch.decode(req)
	if err != nil {
		doc = document{params: map[string]any{}}
	}
	s := &stage{budget: expression.NewBudget(), values: ch.webhookValues(req, doc)}
	s.values[varSecrets] = ch.secrets
	s.values[varChannel] = map[string]any{"webhook_url": ch.webhookURL}
	return s
}
