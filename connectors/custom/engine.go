package custom

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"threadhub/connectors/custom/expression"
)

// scopeName names a place of a definition by what its expressions may use.
type scopeName string

// Scopes. Only those of what leaves for the platform, or answers it, see
// secrets: nothing that comes in can be made to hold one.
const (
	scopeItems  scopeName = "items"  // the list of a webhook's items
	scopeItem   scopeName = "item"   // one of them
	scopeHook   scopeName = "hook"   // the answer to a webhook or a handshake
	scopeSend   scopeName = "send"   // a call for a message
	scopeFile   scopeName = "file"   // a call for an attachment
	scopeSetup  scopeName = "setup"  // a check, the webhook's registration, a token
	scopeAnswer scopeName = "answer" // what a call was answered
)

// Names of variables.
const (
	varBody       = "body"
	varItem       = "item"
	varHeaders    = "headers"
	varQuery      = "query"
	varParams     = "params"
	varSecrets    = "secrets"
	varChannel    = "channel"
	varContact    = "contact"
	varMessage    = "message"
	varAttachment = "attachment"
	varContext    = "context"
	varSteps      = "steps"
	varResp       = "resp"
	varReaction   = "reaction"
)

func variables() map[scopeName][]expression.Variable {
	whatever := func(name string) expression.Variable { return expression.Variable{Name: name, Type: expression.Any} }
	texts := func(name string) expression.Variable { return expression.Variable{Name: name, Type: expression.Texts} }
	fields := func(name string, of ...string) expression.Variable {
		return expression.Variable{Name: name, Type: expression.Object, Fields: of}
	}
	webhook := []expression.Variable{whatever(varBody), texts(varHeaders), texts(varQuery), whatever(varParams)}
	secrets := expression.Variable{Name: varSecrets, Type: expression.Texts, Literal: true}
	channel := fields(varChannel, "webhook_url")
	attachment := fields(varAttachment, "type", "url", "ref", "mime", "name", "size", "caption", "voice", "seconds", "width", "height")
	resp := fields(varResp, "status", "body", "headers", "text")
	return map[scopeName][]expression.Variable{
		scopeItems: webhook,
		scopeItem:  append(webhook[:len(webhook):len(webhook)], whatever(varItem)),
		scopeHook:  append(webhook[:len(webhook):len(webhook)], secrets, channel),
		scopeSend: {
			secrets, channel, attachment, whatever(varContext), whatever(varSteps),
			fields(varContact, "id", "name", "username", "phone", "locale", "kind", "aliases"),
			fields(varMessage, "id", "type", "text", "part", "parts", "attachments", "location", "contacts", "reply_to", "buttons", "list", "template", "last_inbound"),
			fields(varReaction, "target", "emoji"),
		},
		scopeFile:   {secrets, attachment, resp},
		scopeSetup:  {secrets, channel},
		scopeAnswer: {resp},
	}
}

// definitionsKept is how many compiled definitions are kept.
const definitionsKept = 128

// engine compiles definitions and keeps what it compiled, by content. It is
// safe for concurrent use.
type engine struct {
	scopes map[scopeName]*expression.Scope
	kept   *lru.Cache[[sha256.Size]byte, *compiled]
}

func newEngine() (*engine, error) {
	kept, err := lru.New[[sha256.Size]byte, *compiled](definitionsKept)
	if err != nil {
		return nil, fmt.Errorf("custom: %w", err)
	}
	e := &engine{scopes: map[scopeName]*expression.Scope{}, kept: kept}
	for name, vars := range variables() {
		if e.scopes[name], err = expression.NewScope(vars...); err != nil {
			return nil, fmt.Errorf("custom: %w", err)
		}
	}
	return e, nil
}

// lazyEngine makes the engine when the first definition is opened.
func lazyEngine() func() (*engine, error) { return sync.OnceValues(newEngine) }

// definition answers settings compiled. The same settings are compiled once.
func (e *engine) definition(settings json.RawMessage) (*compiled, error) {
	key := sha256.Sum256(settings)
	if c, ok := e.kept.Get(key); ok {
		return c, nil
	}
	d, err := readDefinition(settings)
	if err != nil {
		return nil, err
	}
	c, err := e.compile(d)
	if err != nil {
		return nil, err
	}
	e.kept.Add(key, c)
	return c, nil
}
