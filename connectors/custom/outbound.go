package custom

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// outbound is how messages are sent.
type outbound struct {
	// content is the calls for each content, in order; the last one shows it.
	content map[string][]*call
	typing  *call
	read    *call
	react   *call

	successWhen *expression.Program
	externalID  *expression.Program
	errors      []errorRule
}

// maxSteps is how many calls one part of a message may take.
const maxSteps = 5

// send compiles how messages are sent.
func (c *compiler) send(d *outboundDef) {
	const path = "settings.outbound"
	out := &c.out.outbound
	out.content = map[string][]*call{}
	if d == nil {
		return
	}
	content := d.content()
	for _, name := range slices.Sorted(maps.Keys(content)) {
		out.content[name] = c.steps(scopeSend, path+"."+name, name, content[name])
	}
	single := func(name string, def *callDef) *call {
		if def == nil {
			return nil
		}
		return c.call(scopeSend, path+"."+name, name, *def)
	}
	out.typing, out.read, out.react = single(opTyping, d.Typing), single(opRead, d.Read), single(opReact, d.React)
	out.successWhen = c.optional(scopeAnswer, path+".success_when", d.SuccessWhen, truth)
	out.externalID = c.optional(scopeAnswer, path+".external_id", d.ExternalID, anything)
	for i, e := range d.Errors {
		out.errors = append(out.errors, c.errorRule(fmt.Sprintf("%s.errors.%d", path, i), e))
	}
}

// steps compiles calls that are made one after the other.
func (c *compiler) steps(scope scopeName, path, op string, defs oneOrMore) []*call {
	if len(defs) > maxSteps {
		c.fault(path, "%d calls for one message: %d is the most", len(defs), maxSteps)
		return nil
	}
	var out []*call
	for i, def := range defs {
		at, name := path, op
		if len(defs) > 1 {
			at = fmt.Sprintf("%s.%d", path, i)
		}
		last := i == len(defs)-1
		if !last {
			if def.Name == "" {
				c.fault(at+".name", "name this step, so that later ones can use what it saved as steps.name")
			} else if strings.Trim(def.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				c.fault(at+".name", "use lower-case letters, digits and _")
			}
			name = op + "_" + def.Name
		}
		if _, taken := c.out.calls[name]; taken {
			c.fault(at+".name", "another step is called so: %q", def.Name)
		}
		k := c.call(scope, at, name, def)
		k.content = last && scope == scopeSend
		out = append(out, k)
	}
	return out
}

// Next makes the next call of the next part that is not out yet.
func (ch *channel) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	budget := expression.NewBudget()
	for i := range out.Parts {
		var mine []normalize.Exchange
		for _, e := range done {
			if e.Part == i {
				mine = append(mine, e)
			}
		}
		op, steps, err := ch.def.outbound.stepsFor(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("custom: part %d: %w", i+1, err)
		}
		values, err := ch.sendValues(out, i)
		if err != nil {
			return nil, fmt.Errorf("custom: part %d: %w", i+1, err)
		}
		call, err := ch.step(steps, mine, &stage{budget, values})
		if err != nil {
			return nil, fmt.Errorf("custom: part %d: outbound.%s: %w", i+1, op, ch.scrubbed(err))
		}
		if call == nil {
			continue
		}
		call.Part = i
		return call, nil
	}
	return nil, nil
}

// step makes the first call that was not made, of those that are to be.
func (ch *channel) step(steps []*call, done []normalize.Exchange, s *stage) (*connectors.Call, error) {
	saved := map[string]any{}
	s.values[varSteps] = saved
	made := 0
	for _, k := range steps {
		if wanted, err := k.wanted(s); err != nil || !wanted {
			if err != nil {
				return nil, err
			}
			continue
		}
		if made < len(done) {
			if k.step != "" {
				saved[k.step] = textsOf(done[made].Data)
			}
			made++
			continue
		}
		call, err := k.build(ch.def.base, s)
		if err != nil {
			return nil, err
		}
		call.Visible, call.Idempotent = k.content, k.content && ch.def.caps.Idempotent
		return call, nil
	}
	return nil, nil
}

// wanted tells whether the step is to be made.
func (k *call) wanted(s *stage) (bool, error) {
	if k.when == nil {
		return true, nil
	}
	v, err := k.when.Eval(s.budget, s.values)
	if err != nil {
		return false, fmt.Errorf("when: %w", err)
	}
	is, ok := v.True()
	if !ok && !v.Missing() {
		return false, errors.New("when: it has to answer true or false")
	}
	return is, nil
}

func textsOf(data map[string]string) map[string]any {
	out := make(map[string]any, len(data))
	for name, v := range data {
		out[name] = v
	}
	return out
}

// stepsFor answers the calls for a part by what it holds.
func (o *outbound) stepsFor(m *normalize.Message) (op string, steps []*call, err error) {
	var ops []string
	switch {
	case m.Template != nil:
		ops = []string{"template"}
	case m.Location != nil:
		ops = []string{"location"}
	case len(m.Contacts) > 0:
		ops = []string{"contact"}
	case len(m.Attachments) > 0:
		ops = []string{string(m.Attachments[0].Type), "media"}
	case m.List != nil:
		ops = []string{"list"}
	case len(m.Buttons) > 0:
		ops = []string{"buttons"}
	case m.Text != "":
		ops = []string{"text"}
	default:
		return "", nil, fmt.Errorf("a message of type %q with nothing in it that can be sent", m.Type)
	}
	for _, op := range ops {
		if steps := o.content[op]; len(steps) > 0 {
			return op, steps, nil
		}
	}
	return "", nil, fmt.Errorf("the channel's definition has no outbound.%s", ops[len(ops)-1])
}
